import type { OperatorPort } from '../admin/operator-port.ts';
import type { QuarantinedDataSet } from '../operations/index.ts';
import { CommandError } from './init-context.ts';

/** Which of what is in quarantine a command is about. */
export interface QuarantineFilter {
  readonly study?: string;
  readonly instance?: string;
}

/** All that is in quarantine and passes the filter. */
export async function quarantinedDataSets(
  port: OperatorPort,
  { study, instance }: QuarantineFilter,
): Promise<QuarantinedDataSet[]> {
  const found: QuarantinedDataSet[] = [];
  let after: number | undefined = 0;
  while (after !== undefined) {
    const { dataSets, next }: Awaited<ReturnType<OperatorPort['listQuarantined']>> =
      await port.listQuarantined(after);
    for (const one of dataSets) {
      const isOfStudy = study === undefined || one.studyInstanceUID === study;
      if (isOfStudy && (instance === undefined || one.sopInstanceUID === instance)) found.push(one);
    }
    after = next;
  }
  return found;
}

/** Those with these names; with none, all of them. @throws CommandError when one of the names is not there */
export function named(
  dataSets: readonly QuarantinedDataSet[],
  names: readonly string[],
): QuarantinedDataSet[] {
  if (names.length === 0) return [...dataSets];
  const byName = new Map(dataSets.map((one) => [one.name, one]));
  return [...new Set(names)].map((name) => {
    const found = byName.get(name);
    if (found) return found;
    throw new CommandError(
      'BAD_ARGUMENT',
      `nothing in quarantine is called ${name}: see leadglass quarantine list`,
    );
  });
}

export const bytesOf = (dataSets: readonly QuarantinedDataSet[]): number =>
  dataSets.reduce((sum, { recorded }) => sum + (recorded?.bytes ?? 0), 0);

/** Bytes more than the one that is held has, or fewer. */
export const differenceBytesOf = ({ recorded, held }: QuarantinedDataSet): number | undefined =>
  recorded && held && recorded.bytes - held.bytes;

import { createHash } from 'node:crypto';
import { type Association, get } from '@leadglass/network';
import type { TestDevice } from './archive.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_LITTLE_ENDIAN } from './instances.ts';
import { identifierBytes, type QueryKeys, type QueryLevel } from './queries.ts';
import { associate } from './tls-client.ts';

export const STUDY_ROOT_GET = '1.2.840.10008.5.1.4.1.2.2.3';

/** An association for C-GET of CT images: this side is SCP of their storage (PS3.4 C.5.3). */
export function associateForGet(
  device: TestDevice,
  port: number,
  storage: readonly { sopClassUID: string; transferSyntaxUID: string }[] = [
    { sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN },
  ],
): Promise<Association> {
  return associate(device, port, [
    { abstractSyntax: STUDY_ROOT_GET, transferSyntaxes: [EXPLICIT_LITTLE_ENDIAN] },
    ...storage.map(({ sopClassUID, transferSyntaxUID }) => ({
      abstractSyntax: sopClassUID,
      transferSyntaxes: [transferSyntaxUID],
      scuRole: false,
      scpRole: true,
    })),
  ]);
}

/** C-GET: SOPInstanceUID to the SHA-256 of the data set that came. */
export async function fetchSums(
  association: Association,
  level: QueryLevel,
  keys: QueryKeys,
): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  const progress = get(association, {
    sopClassUID: STUDY_ROOT_GET,
    identifier: identifierBytes(level, keys),
    onStore(request) {
      const hash = createHash('sha256');
      return {
        keepsFragments: false,
        write: (fragment) => void hash.update(fragment),
        end: async () => {
          sums.set(request.command.affectedSOPInstanceUID ?? '', hash.digest('hex'));
          await request.respond({ status: 0 });
        },
        abort: () => undefined,
      };
    },
  });
  for await (const { failed = 0, status } of progress) {
    if (failed > 0) throw new Error(`C-GET: ${failed} failed, status ${status.toString(16)}`);
  }
  return sums;
}

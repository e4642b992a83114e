import type { CheckMeta } from '../findings/index.ts';
import { allMetas } from './all-metas.ts';
import type { Surroundings } from './surroundings.ts';

/** The manual of the checks, from their metas: what is printed is what runs. */
export function listChecks(
  id: string | undefined,
  options: { json?: true },
  surroundings: Surroundings,
): void {
  const wanted = id === undefined ? allMetas : allMetas.filter((meta) => meta.id === id.toUpperCase());
  if (wanted.length === 0) {
    surroundings.printError(`leadglass-auditor: there is no check ${id ?? ''}\n`);
    surroundings.fail(2);
    return;
  }
  surroundings.print(
    options.json === true
      ? `${JSON.stringify(wanted, undefined, 2)}\n`
      : `${wanted.map(manualEntry).join('\n')}\n`,
  );
}

function manualEntry(meta: CheckMeta): string {
  const optIn = meta.optIn === undefined ? '' : `  Off unless the scope asks for it (${meta.optIn}).\n`;
  const references = meta.references.length === 0 ? '' : `  References: ${meta.references.join(', ')}\n`;
  return [
    `${meta.id}  ${meta.question}  (${meta.group}, score ${meta.score.toFixed(1)})`,
    `  Sends: ${meta.sends}`,
    `  Proof: ${meta.proof}`,
    `  Why: ${meta.why}`,
    `  Fix: ${meta.fix}`,
    `${optIn}${references}`,
  ].join('\n');
}

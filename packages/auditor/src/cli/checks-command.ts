import type { Command } from 'commander';
import type { CheckMeta } from '../findings/index.ts';
import { allMetas } from './all-metas.ts';
import type { Surroundings } from './surroundings.ts';

/** Adds `checks`. */
export function registerChecksCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('checks')
    .description('the manual of all checks: what each sends, what proves it, how to close it')
    .argument('[id]', 'one check only, for instance D05')
    .option('--json', 'as JSON')
    .action((id: string | undefined, options: { json?: true }) => listChecks(id, options, surroundings));
}

/** The manual of the checks, from their metas: what is printed is what runs. */
function listChecks(id: string | undefined, options: { json?: true }, surroundings: Surroundings): void {
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

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { durationText, estimate } from '../scan/estimate.ts';
import { formatAddress, pinScope, readScope, scopeExample } from '../scope/index.ts';
import type { Scope } from '../scope/index.ts';
import { CallError } from './call-error.ts';
import type { Surroundings } from './surroundings.ts';

/** Adds `scope`. */
export function registerScopeCommand(program: Command, surroundings: Surroundings): void {
  const scope = program.command('scope').description('write or check a scope file');
  scope
    .command('example')
    .description('print a commented scope file')
    .action(() => surroundings.print(scopeExample));
  scope
    .command('show')
    .description('read a scope file, resolve its names, and say what a run would do; sends nothing else')
    .argument('<file>', 'scope file')
    .option('--json', 'as JSON')
    .action(async (file: string, options: { json?: true }) => showScope(file, options, surroundings));
}

/** Reads and pins a scope file. Throws ScopeError, or CallError when there is no such file. */
export async function loadScope(path: string, { resolver }: Surroundings): Promise<Scope> {
  return pinScope(readScope(textOf(path)), resolver);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new CallError(
      `the scope file ${path} ${isAbsent ? 'is not there' : 'cannot be read'}`,
      isAbsent ? `leadglass-auditor scope example > ${path}, and fill it in` : 'look at its modes',
    );
  }
}

async function showScope(path: string, options: { json?: true }, surroundings: Surroundings): Promise<void> {
  const scope = await loadScope(path, surroundings);
  const { addresses, totalSeconds } = estimate(scope);
  const blocks = scope.blocks.map(({ block, owner, hostName }) => ({
    first: formatAddress(block.family, block.first),
    last: formatAddress(block.family, block.last),
    owner,
    ...(hostName === undefined ? {} : { hostName }),
  }));
  const refusal = scope.timeRefusal(new Date());
  if (options.json === true) {
    const facts = {
      ...scope.summary,
      addresses,
      ports: scope.ports,
      rates: scope.rates,
      blocks,
      inForce: refusal === undefined,
    };
    surroundings.print(`${JSON.stringify(facts, undefined, 2)}\n`);
    return;
  }
  const { owner, contact, operator, notBefore, notAfter, hash } = scope.summary;
  surroundings.print(
    [
      `scope      ${hash}`,
      `owner      ${owner} (${contact})`,
      `operator   ${operator}`,
      `in force   ${notBefore} to ${notAfter}${refusal === undefined ? '' : `; now: ${refusal}`}`,
      `addresses  ${addresses}, ports ${scope.ports.join(' ')}`,
      `rate       ${scope.rates.hostsPerSecond} hosts/s, about ${durationText(totalSeconds)}`,
      ...blocks.map(({ first, last, hostName }) =>
        `  ${first === last ? first : `${first} - ${last}`} ${hostName ?? ''}`.trimEnd(),
      ),
      '',
    ].join('\n'),
  );
}

import { readFileSync } from 'node:fs';
import { durationText, estimate } from '../scan/index.ts';
import { formatAddress, pinScope, readScope, scopeExample } from '../scope/index.ts';
import type { Scope } from '../scope/index.ts';
import type { Surroundings } from './surroundings.ts';

/** Reads and pins a scope file. Throws ScopeError, or the file system's error. */
export async function loadScope(path: string, { resolver }: Surroundings): Promise<Scope> {
  return pinScope(readScope(readFileSync(path, 'utf8')), resolver);
}

export function printExample({ print }: Surroundings): void {
  print(scopeExample);
}

export async function showScope(
  path: string,
  options: { json?: true },
  surroundings: Surroundings,
): Promise<void> {
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

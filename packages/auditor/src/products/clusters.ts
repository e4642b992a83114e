import { hash } from 'node:crypto';

/** Characters of a group's name: enough that two groups of a report never share one. */
const GROUP_NAME_LENGTH = 12;

/** The name of a configuration: systems with the same one were set up alike. Only a hash of it is kept. */
export function configurationName(facts: readonly string[]): string {
  return hash('sha256', facts.join('\u0000')).slice(0, GROUP_NAME_LENGTH);
}

/** Names that stand for two systems or more, with how many. */
export function shared(names: Iterable<string | undefined>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [name, count] of counts) if (count < 2) counts.delete(name);
  return counts;
}

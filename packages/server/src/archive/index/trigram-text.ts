import { forTrigrams } from './fold.ts';

/** No piece of a pattern has one: what it precedes begins a name. */
const delimiter = '^';

/**
 * What the trigram index is given for a name: its groups, so that each word is preceded by something.
 * @param groups of a name, folded and none empty
 */
export const trigramText = (groups: readonly string[]): string => delimiter + forTrigrams(groups.join('='));

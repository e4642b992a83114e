import { NAME_MARKS_MAX, NAME_PARTS_MAX } from '../limits.ts';
import { forTrigrams } from '../matching/fold.ts';
import { type GroupPattern, matchesGroup } from '../matching/name-matching.ts';
import type { Wildcard } from '../matching/wildcard.ts';
import type { ComponentTest } from '../memory/name-components.ts';
import type { NameConditions } from './name-matches.ts';

/*
 * What components have of names that match a pattern: nobody who matches is without it, and often few others have it.
 */

type Gap = Wildcard['gaps'][number];

/** The literal parts of a pattern. */
export function containing(wildcard: Wildcard): Pick<NameConditions, 'tests' | 'clauses'> {
  const all = wildcard.pieces
    .flatMap((piece, index) => {
      const [before, after] = [wildcard.gaps[index], wildcard.gaps[index + 1]];
      return componentPartsOf(piece, isClosed(before), isClosed(after));
    })
    .slice(0, NAME_PARTS_MAX);
  const [first = anyPart, ...others] = all;
  const tests = [first, ...others].map(({ text, test }, index) => ({
    bit: 1 << index,
    contained: forTrigrams(text),
    test,
  }));
  return { tests, clauses: [1, ...others.map((_, index) => 2 << index)] };
}

interface ComponentPart {
  readonly text: string;
  readonly test: (component: string) => boolean;
}
const anyPart: ComponentPart = { text: '', test: () => true };

const isClosed = (gap: Gap | undefined): boolean => gap?.open === false && gap.characters === 0;

/**
 * What some component of a name has when the name contains a piece of a pattern: delimiters end components, and so do the
 * ends of the name. The last component may have delimiters in it.
 */
function componentPartsOf(piece: string, begins: boolean, ends: boolean): ComponentPart[] {
  const parts = piece.split('^');
  return parts.flatMap((text, index): ComponentPart[] => {
    if (text === '') return [];
    const first = begins || index > 0;
    const last = ends || index < parts.length - 1;
    const test = (component: string): boolean =>
      (first ? component.startsWith(text) || component.includes(`^${text}`) : component.includes(text)) &&
      (!last || component.endsWith(text) || component.includes(`${text}^`));
    return [{ text, test }];
  });
}

/** Marks of a component that fulfils a pattern alone, and of those before and behind a delimiter that a '?' may stand for. */
const WITHIN = 1;
const BEFORE = 2;
const BEHIND = 4;

/**
 * For patterns that a component decides alone, unless a '?' stands for a delimiter: what some component, or the first one where
 * the beginning is fixed, has. Undefined: it is no such pattern.
 */
export function withinOne(pattern: GroupPattern): Omit<NameConditions, 'test' | 'matcher'> | undefined {
  if (pattern.kind === 'literal') return undefined;
  const { pieces, gaps } = pattern.wildcard;
  const [before, ...behind] = gaps;
  const last = behind.pop();
  const isOne =
    before?.characters === 0 &&
    behind.every(({ characters, open }) => characters === 1 && !open) &&
    last?.open === true &&
    last.characters <= 1 &&
    pieces.every((piece) => piece !== '' && !piece.includes('^'));
  if (!isOne) return undefined;
  const longest = pieces.reduce((one, other) => (other.length > one.length ? other : one), '');
  const ends = pieces
    .filter((_, index) => gaps[index + 1]?.characters === 1)
    .map((piece) => partTest(BEFORE, piece, (component) => component.endsWith(piece)));
  const within = partTest(WITHIN, longest, (component) => matchesGroup(pattern, component));
  if (!before.open)
    return { tests: [within, ...ends], clauses: [WITHIN | BEFORE], onlyFirst: true, sure: WITHIN };
  const begins = [...pieces.slice(1), ...(last.characters === 1 ? [''] : [])].map((piece) =>
    partTest(BEHIND, piece, (component) => component.startsWith(piece)),
  );
  return {
    tests: [within, ...ends, ...begins],
    clauses: [WITHIN | BEFORE, WITHIN | BEHIND],
    sure: WITHIN,
  };
}

const partTest = (bit: number, text: string, test: (component: string) => boolean): ComponentTest => ({
  bit,
  contained: forTrigrams(text),
  test,
});

/** Stands for '?' in the text of a run: no name has it. */
const ANY = '\uffff';
const closed = (isClosed: boolean): Gap => ({ characters: 0, open: !isClosed });

/**
 * What is known besides of the components around a '?', which may be within one or stand for the delimiter between two.
 * @param counted conditions to which these are added
 */
export function narrowed(pattern: GroupPattern, counted: NameConditions): NameConditions {
  if (pattern.kind === 'literal') return counted;
  const tests = [...counted.tests];
  const clauses: [number, ...number[]] = [...counted.clauses];
  for (const { text, begins, ends } of runsOf(pattern.wildcard)) {
    const segments = text.split('^');
    for (const [index, segment] of segments.entries()) {
      const isNamedBehind = segments.slice(index + 1).some((each) => each.replaceAll(ANY, '') !== '');
      const bounds = {
        begins: begins || index > 0,
        ends: ends || index < segments.length - 1,
        isNamedBehind,
      };
      const { within, others } = aroundAny(segment, bounds);
      if (others.length === 0 || tests.length + 1 + others.length > NAME_MARKS_MAX) continue;
      const bit = 1 << (tests.push({ ...within, bit: 1 << tests.length }) - 1);
      for (const each of others)
        clauses.push(bit | (1 << (tests.push({ ...each, bit: 1 << tests.length }) - 1)));
    }
  }
  return clauses.length === counted.clauses.length ? counted : { tests, clauses };
}

interface Run {
  readonly text: string;
  /** Nothing comes before it in a group, or behind it. */
  readonly begins: boolean;
  readonly ends: boolean;
}

/** Pieces of a pattern with the '?' between them, from one '*' to another. */
function runsOf({ pieces, gaps }: Wildcard): Run[] {
  const runs: Run[] = [];
  let text = '';
  let begins = false;
  for (const [index, { characters, open }] of gaps.entries()) {
    if (open) {
      if (index > 0) runs.push({ text, begins, ends: false });
      text = '';
    } else text += ANY.repeat(characters);
    if (open || index === 0) begins = !open;
    text += pieces[index] ?? '';
  }
  if (gaps.at(-1)?.open === false) runs.push({ text, begins, ends: true });
  return runs;
}

type PartTest = Omit<Extract<ComponentTest, { contained: string }>, 'bit'>;

/**
 * What a component has that contains a text with one '?', and what others have, one each, where that is a delimiter.
 * @param bounds whether delimiters enclose the text, and whether there is something named behind it
 */
function aroundAny(
  segment: string,
  { begins, ends, isNamedBehind }: { begins: boolean; ends: boolean; isNamedBehind: boolean },
): { readonly within: PartTest; readonly others: readonly PartTest[] } {
  const [before = '', behind = '', ...more] = segment.split(ANY);
  const [isAny, others]: [boolean, PartTest[]] = [segment.includes(ANY) && more.length === 0, []];
  // The last component may have delimiters in it. Those behind the last one are there for the sake of patterns alone.
  const test =
    (own: (component: string) => boolean) =>
    (component: string): boolean =>
      component.includes('^') || own(component);
  if (isAny && (before !== '' || (begins && (behind !== '' || isNamedBehind))))
    others.push({
      contained: forTrigrams(before),
      test: test((component) => (begins ? component === before : component.endsWith(before))),
    });
  if (isAny && (behind !== '' || (ends && isNamedBehind)))
    others.push({
      contained: forTrigrams(behind),
      test: test((component) => (ends ? component === behind : component.startsWith(behind))),
    });
  const pieces = [before, behind].filter((piece) => piece !== '');
  const gaps = [
    before === '' ? { characters: 1, open: !begins } : closed(begins),
    ...(pieces.length === 2 ? [{ characters: 1, open: false }] : []),
    behind === '' ? { characters: 1, open: !ends } : closed(ends),
  ];
  const alone: GroupPattern = { kind: 'wildcard', wildcard: { pieces, gaps } };
  return {
    within: {
      contained: forTrigrams(before.length > behind.length ? before : behind),
      test: test((component) => matchesGroup(alone, component)),
    },
    others: pieces.length === 0 ? [] : others,
  };
}

/** Names of which a group begins with a text, and is wanted. */
export function beginningWith(
  pattern: GroupPattern,
  prefix: string,
): Pick<NameConditions, 'tests' | 'clauses'> {
  const [first = ''] = prefix.split('^');
  const isWhole = pattern.kind === 'literal' || first !== prefix;
  const begins = (component: string): boolean =>
    isWhole ? component === first : component.startsWith(first);
  const tests = [{ bit: 1, contained: forTrigrams(first), test: begins }];
  return { tests, clauses: [1] };
}

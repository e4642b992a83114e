/** A product's version as numbers: '3.6.9' is [3, 6, 9]; anything behind the numbers is dropped. */
export type Version = readonly number[];

/** Parts compared; no product here has more. */
const PARTS_MAX = 6;

/** The first dotted number of a text, or undefined. */
export function parseVersion(text: string): Version | undefined {
  const found = /\d{1,6}(?:\.\d{1,6})*/.exec(text)?.[0];
  return found?.split('.').slice(0, PARTS_MAX).map(Number);
}

/** Negative, zero or positive; missing parts are zero. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether a version lies in a range: '<3.6.7', '<=14.0.1', '>=1.0.0 <3.0.4', '=3.6.9'. Every term must hold. */
export function isInRange(version: Version, range: string): boolean {
  return range.split(' ').every((term) => {
    const parsed = /^(<=|>=|<|>|=)(.+)$/.exec(term);
    const limit = parsed === null ? undefined : parseVersion(parsed[2] ?? '');
    if (parsed === null || limit === undefined) return false;
    const order = compareVersions(version, limit);
    switch (parsed[1]) {
      case '<':
        return order < 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      case '>=':
        return order >= 0;
      default:
        return order === 0;
    }
  });
}

import type { Count } from './report-data.ts';

export const noCount: Count = { value: 0, isLowerBound: false };

/**
 * Exact as long as every part is. A sum that a double cannot hold exactly becomes the largest it can, as a lower
 * bound: still true, never rounded up.
 */
export function addCounts(left: Count, right: Count): Count {
  const value = left.value + right.value;
  const isLowerBound = left.isLowerBound || right.isLowerBound;
  if (!Number.isSafeInteger(value)) return { value: Number.MAX_SAFE_INTEGER, isLowerBound: true };
  return { value, isLowerBound };
}

/** '1,234' or, when the truth may be more, '≥ 1,234'. */
export function countText({ value, isLowerBound }: Count): string {
  return `${isLowerBound ? '≥ ' : ''}${wholeText(value)}`;
}

/** Digits in groups of three, the same on every machine whatever its locale. */
export function wholeText(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 'x %' with one decimal; '-' when there is nothing to divide by. Part and whole are printed beside it. */
export function percentText(part: number, whole: number): string {
  if (whole === 0) return '-';
  return `${((100 * part) / whole).toFixed(1)} %`;
}

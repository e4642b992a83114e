const datePattern = /^(\d{4})\.?(\d{2})\.?(\d{2})$/;
const timePattern = /^(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?$/;

/** A date as YYYYMMDD, the form of ACR-NEMA with dots included (PS3.5 6.2 DA); undefined when it is none. */
export function normalDate(text: string): string | undefined {
  const [, year = '', month = '', day = ''] = datePattern.exec(text) ?? [];
  const valid = month >= '01' && month <= '12' && day >= '01' && day <= '31';
  return valid ? year + month + day : undefined;
}

/**
 * A time as HHMMSS.FFFFFF (PS3.5 6.2 TM); undefined when it is none. What is left out counts as zero, or for the
 * end of a range as the last moment it leaves open: up to 1030 is up to 10:30:59.999999.
 */
export function normalTime(text: string, fill: 'first' | 'last' = 'first'): string | undefined {
  const [whole, hours = '', minutes, seconds, fraction] = timePattern.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const [sixty, digit] = fill === 'first' ? ['00', '0'] : ['59', '9'];
  const [m, s] = [minutes ?? sixty, seconds ?? sixty];
  // A leap second is written 60.
  if (hours > '23' || m > '59' || s > '60') return undefined;
  return `${hours}${m}${s}.${(fraction ?? '').padEnd(6, digit)}`;
}

/** A range of dates or times, both ends included; an absent end is open (PS3.4 C.2.2.2.5). */
export interface Range {
  readonly low: string | undefined;
  readonly high: string | undefined;
}

/**
 * Reads 'A-B', '-B' or 'A-' (PS3.4 C.2.2.2.5.1).
 * @returns undefined when an end is no date or time, both ends are missing, or they are the wrong way round
 */
export function parseRange(text: string, vr: 'DA' | 'TM'): Range | undefined {
  const dash = text.indexOf('-');
  const [first, last] = [text.slice(0, dash).trim(), text.slice(dash + 1).trim()];
  const low = vr === 'DA' ? normalDate(first) : normalTime(first, 'first');
  const high = vr === 'DA' ? normalDate(last) : normalTime(last, 'last');
  if ((first !== '' && low === undefined) || (last !== '' && high === undefined)) return undefined;
  if (low === undefined && high === undefined) return undefined;
  if (low !== undefined && high !== undefined && low > high) return undefined;
  return { low, high };
}

/** Days from one to another, both included, by number; from NO_DAY on: what has no date too. */
export interface Days {
  readonly low: number;
  readonly high: number;
}

const DAYS_OF_MONTH = 31;
const DAYS_OF_YEAR = 12 * DAYS_OF_MONTH;
/** Stands for no date, for the first that is one, and for the last: days have 22 bits. */
export const NO_DAY = 0;
export const FIRST_DAY = 1;
export const LAST_DAY = 2 ** 22 - 1;

/** A number for a date, greater for a later one. @param date YYYYMMDD, or '' */
export function dayOf(date: string): number {
  if (date === '') return NO_DAY;
  const number = Number(date);
  const [year, month, day] = [Math.floor(number / 10_000), Math.floor(number / 100) % 100, number % 100];
  return FIRST_DAY + year * DAYS_OF_YEAR + (month - 1) * DAYS_OF_MONTH + day - 1;
}

export function inRange(value: string, { low, high }: Range): boolean {
  return (low === undefined || value >= low) && (high === undefined || value <= high);
}

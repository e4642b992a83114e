import { SLOTS_WALKED_MAX } from './limits.ts';

/** 0 is Sunday, as `Date.getDay` counts. */
export const weekdays = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;
export type Weekday = (typeof weekdays)[number];

/** Every so many hours, or every so many days at a time of the local clock. */
export type Schedule =
  { readonly hours: number } | { readonly days: number; readonly at: ClockTime; readonly weekday?: Weekday };

export interface ClockTime {
  readonly hour: number;
  readonly minute: number;
}

export interface Due {
  readonly at: Date;
  /** Its time is over already: the machine was off, or another run took longer. Run once, at once. */
  readonly isMissed: boolean;
}

const HOUR_MS = 3_600_000;

/**
 * When the next run is due. Days are days of the calendar in this machine's zone: a day of 23 or 25 hours is one day.
 * A time that a change of clocks skips is taken by the clock as it was (02:30 is then called 03:30); one that comes
 * twice is taken at its first coming.
 * @param last the time the last run was due, or when it was begun by hand; undefined before the first
 */
export function dueTime(schedule: Schedule, last: Date | undefined, now: Date): Due {
  if (last === undefined) return { at: firstSlot(schedule, now), isMissed: false };
  // A clock that was wrong once must not put the next run off for years.
  const since = last > now ? now : last;
  let at = nextSlot(schedule, since);
  if (at > now) return { at, isMissed: false };
  for (let walked = 0; walked < SLOTS_WALKED_MAX; walked++) {
    const later = nextSlot(schedule, at);
    if (later > now) return { at, isMissed: true };
    at = later;
  }
  return { at: now, isMissed: true };
}

function firstSlot(schedule: Schedule, now: Date): Date {
  if ('hours' in schedule) return now;
  const { weekday } = schedule;
  for (let days = 0; ; days++) {
    const slot = localTime(now, days, schedule.at);
    if (slot >= now && (weekday === undefined || weekdays[slot.getDay()] === weekday)) return slot;
  }
}

/** The first slot after another, or after a run that was begun by hand. */
export function nextSlot(schedule: Schedule, last: Date): Date {
  if ('hours' in schedule) return new Date(last.getTime() + schedule.hours * HOUR_MS);
  const { days, weekday, at } = schedule;
  if (weekday === undefined) return localTime(last, days, at);
  // A run begun by hand in mid-week leaves the next one where it was.
  const earliest = Math.max(1, days - 6);
  for (let later = earliest; ; later++) {
    const slot = localTime(last, later, at);
    if (weekdays[slot.getDay()] === weekday) return slot;
  }
}

/** A time of the clock on the day of `from`, or some days later. */
function localTime(from: Date, days: number, { hour, minute }: ClockTime): Date {
  return new Date(from.getFullYear(), from.getMonth(), from.getDate() + days, hour, minute);
}

import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { dueTime, nextSlot, weekdays } from './schedule.ts';
import type { Schedule } from './schedule.ts';

const zoneBefore = process.env['TZ'];
afterEach(() => {
  if (zoneBefore === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zoneBefore;
});

const night: Schedule = { days: 1, at: { hour: 2, minute: 30 } };
const sundays: Schedule = { days: 7, at: { hour: 2, minute: 30 }, weekday: 'sunday' };
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Beirut',
  'Pacific/Apia',
];

describe('schedule', () => {
  test('the first run of a schedule of days is at its next time, of hours at once', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const now = new Date('2026-11-17T12:00:00Z');
    expect(dueTime(night, undefined, now).at.toISOString()).toBe('2026-11-18T01:30:00.000Z');
    expect(dueTime(sundays, undefined, now).at.toISOString()).toBe('2026-11-22T01:30:00.000Z');
    expect(dueTime({ hours: 12 }, undefined, now)).toEqual({ at: now, isMissed: false });
  });

  test('a day is a day of the calendar, of 23 or of 25 hours, too (Berlin, March and October 2026)', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const at = (instant: string): string =>
      nextSlot({ ...night, at: { hour: 4, minute: 0 } }, new Date(instant)).toISOString();
    expect(at('2026-03-28T03:00:00Z')).toBe('2026-03-29T02:00:00.000Z');
    expect(at('2026-10-24T02:00:00Z')).toBe('2026-10-25T03:00:00.000Z');
  });

  test('02:30 that does not exist is run once at 03:30, 02:30 that comes twice is run once', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const spring = nextSlot(night, new Date('2026-03-28T01:30:00Z'));
    expect(spring.toISOString()).toBe('2026-03-29T01:30:00.000Z');
    expect(nextSlot(night, spring).toISOString()).toBe('2026-03-30T00:30:00.000Z');
    const autumn = nextSlot(night, new Date('2026-10-24T00:30:00Z'));
    expect(autumn.toISOString()).toBe('2026-10-25T00:30:00.000Z');
    expect(nextSlot(night, autumn).toISOString()).toBe('2026-10-26T01:30:00.000Z');
  });

  test('runs that were missed are made up once, under the time of the last of them', () => {
    process.env['TZ'] = 'UTC';
    const due = dueTime(night, new Date('2026-11-01T02:30:00Z'), new Date('2026-11-09T12:00:00Z'));
    expect(due).toEqual({ at: new Date('2026-11-09T02:30:00Z'), isMissed: true });
    const hourly = dueTime({ hours: 5 }, new Date('2026-11-01T00:00:00Z'), new Date('2026-11-01T12:00:00Z'));
    expect(hourly).toEqual({ at: new Date('2026-11-01T10:00:00Z'), isMissed: true });
  });

  test('a run begun by hand in mid-week leaves the weekly one where it was', () => {
    process.env['TZ'] = 'UTC';
    expect(nextSlot(sundays, new Date('2026-11-17T15:00:00Z')).toISOString()).toBe(
      '2026-11-22T02:30:00.000Z',
    );
    expect(nextSlot(sundays, new Date('2026-11-22T02:30:00Z')).toISOString()).toBe(
      '2026-11-29T02:30:00.000Z',
    );
    const fortnight = { ...sundays, days: 14 };
    expect(nextSlot(fortnight, new Date('2026-11-22T02:30:00Z')).toISOString()).toBe(
      '2026-12-06T02:30:00.000Z',
    );
  });

  test('a clock that was years ahead once does not put the next run off for years', () => {
    process.env['TZ'] = 'UTC';
    const due = dueTime(night, new Date('2038-01-01T00:00:00Z'), new Date('2026-11-09T12:00:00Z'));
    expect(due.at.toISOString()).toBe('2026-11-10T02:30:00.000Z');
  });

  test('in any zone, on any day: later than the last, on its weekday, at its time of the clock or after a gap', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.date({ min: new Date('2015-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 1, max: 5 }),
        fc.option(fc.constantFrom(...weekdays), { nil: undefined }),
        (zone, last, hour, minute, count, weekday) => {
          process.env['TZ'] = zone;
          const days = weekday === undefined ? count : count * 7;
          const at = { hour, minute };
          const slot = nextSlot({ days, at, ...(weekday === undefined ? {} : { weekday }) }, last);
          expect(slot.getTime()).toBeGreaterThan(last.getTime());
          const hoursLater = (slot.getTime() - last.getTime()) / 3_600_000;
          expect(hoursLater).toBeLessThanOrEqual(days * 24 + 25);
          if (weekday !== undefined) expect(weekdays[slot.getDay()]).toBe(weekday);
          const minutesOff = slot.getHours() * 60 + slot.getMinutes() - (hour * 60 + minute);
          // Clocks are put forward by 30 or 60 minutes in these zones.
          expect([0, 30, 60]).toContain(minutesOff);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('what is due is never in the past twice: after a run made up, the next is in the future', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom<Schedule>(night, sundays, { hours: 7 }),
        fc.date({ min: new Date('2025-01-01'), max: new Date('2026-01-01'), noInvalidDate: true }),
        fc.integer({ min: 0, max: 400 * 24 * 60 }),
        (zone, schedule, last, minutesLater) => {
          process.env['TZ'] = zone;
          const now = new Date(last.getTime() + minutesLater * 60_000);
          const due = dueTime(schedule, last, now);
          expect(due.isMissed).toBe(due.at <= now);
          if (due.isMissed) expect(dueTime(schedule, due.at, now).at > now).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

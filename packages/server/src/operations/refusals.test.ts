import { afterEach, beforeEach, expect, test } from 'vitest';
import { Refusals } from './refusals.ts';
import { TestWorkplace } from './testing/workplaces.ts';

let workplace: TestWorkplace;
let refusals: Refusals;
beforeEach(async () => {
  workplace = await TestWorkplace.open();
  refusals = new Refusals(workplace);
});
afterEach(async () => {
  await refusals.close();
  await workplace.close();
});

const knock = (address: string): Promise<void> =>
  refusals.record({
    peer: { address, port: 1 },
    reason: 'NO_CERTIFICATE',
    claimed: { aeTitle: 'CT1', calledAETitle: 'LEADGLASS' },
  });

/** How often the trail has an address, refusals that were only counted included. */
function inTrail(match: (address: string) => boolean): { entries: number; refusals: number } {
  const entries = workplace.trail.filter(({ peer }) => match(peer?.address ?? ''));
  return {
    entries: entries.length,
    refusals: entries.reduce((sum, { subject }) => sum + (subject?.count ?? 1), 0),
  };
}

test('a refusal says who claimed to be what, from where and why', async () => {
  await knock('192.0.2.1');
  expect(workplace.trail).toMatchObject([
    {
      verb: 'connect',
      outcome: 'refused',
      reason: 'NO_CERTIFICATE',
      principal: { kind: 'device', id: 'CT1', via: 'none' },
      peer: { address: '192.0.2.1', port: 1 },
      detail: { called: 'LEADGLASS' },
    },
  ]);
});

test('who knocks all day is recorded one by one for a while, then counted; none is lost', async () => {
  await Promise.all(Array.from({ length: 500 }, () => knock('192.0.2.1')));
  await knock('192.0.2.2');
  expect(inTrail((address) => address === '192.0.2.1').entries).toBe(60);
  expect(inTrail((address) => address === '192.0.2.2').entries).toBe(1);
  await refusals.flush();
  expect(inTrail((address) => address === '192.0.2.1')).toEqual({ entries: 61, refusals: 500 });
});

test('the next minute begins anew, with what was counted in the last one recorded first', async () => {
  await Promise.all(Array.from({ length: 100 }, () => knock('192.0.2.1')));
  workplace.now += 61_000;
  await Promise.all(Array.from({ length: 100 }, () => knock('192.0.2.1')));
  expect(inTrail(() => true)).toEqual({ entries: 121, refusals: 160 });
  await refusals.close();
  expect(inTrail(() => true).refusals).toBe(200);
});

test('addresses without number do not fill the trail either: those beyond the watched ones share a count', async () => {
  const last = Array.from({ length: 10_500 }, (_, i) => knock(`2001:db8::${i.toString(16)}`));
  await Promise.all(last);
  expect(inTrail(() => true).entries).toBeLessThanOrEqual(10_000 + 60);
  await refusals.flush();
  expect(inTrail(() => true).refusals).toBe(10_500);
});

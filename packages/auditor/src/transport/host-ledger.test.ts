import { expect, test } from 'vitest';
import { HostLedger } from './host-ledger.ts';

test('two at once, and the third waits for a place', async () => {
  const ledger = new HostLedger({ atOnceMax: 2, associationsMax: 20, connectionsMax: 200 });
  const leaveFirst = await ledger.enter('127.0.0.1', {});
  await ledger.enter('127.0.0.1', {});
  let isIn = false;
  const third = ledger.enter('127.0.0.1', {}).then(() => (isIn = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isIn).toBe(false);
  leaveFirst();
  await third;
  expect(isIn).toBe(true);
  // Another host has places of its own.
  await ledger.enter('127.0.0.2', {});
});

test('nobody waits for ever for a place, and whoever gave up waiting is not given one', async () => {
  const limits = { atOnceMax: 2, associationsMax: 20, connectionsMax: 4, placeWaitMs: 30 };
  const ledger = new HostLedger(limits);
  const leaveFirst = await ledger.enter('127.0.0.1', { isAssociation: true });
  const leaveSecond = await ledger.enter('127.0.0.1', {});
  const third = ledger.enter('127.0.0.1', { isAssociation: true });
  await expect(third).rejects.toMatchObject({ code: 'HOST_BUSY' });
  leaveFirst();
  leaveSecond();
  // Its place went to nobody, and it counts neither as a connection nor as an association.
  expect(ledger.associationsOf('127.0.0.1')).toBe(1);
  for (const leave of [await ledger.enter('127.0.0.1', {}), await ledger.enter('127.0.0.1', {})]) leave();
  await expect(ledger.enter('127.0.0.1', {})).rejects.toMatchObject({ code: 'HOST_CAP' });
});

test('a connection that never came to be does not count', async () => {
  const ledger = new HostLedger({ atOnceMax: 2, associationsMax: 1, connectionsMax: 1 });
  for (let tries = 0; tries < 5; tries++) {
    (await ledger.enter('127.0.0.1', { isAssociation: true }))('never-made');
  }
  (await ledger.enter('127.0.0.1', { isAssociation: true }))();
  await expect(ledger.enter('127.0.0.1', {})).rejects.toMatchObject({ code: 'HOST_CAP' });
});

test('associations of a host are counted over the whole run', async () => {
  const ledger = new HostLedger({ atOnceMax: 2, associationsMax: 3, connectionsMax: 200 });
  for (let count = 0; count < 3; count++) (await ledger.enter('127.0.0.1', { isAssociation: true }))();
  await expect(ledger.enter('127.0.0.1', { isAssociation: true })).rejects.toMatchObject({
    code: 'HOST_CAP',
  });
  (await ledger.enter('127.0.0.1', {}))();
});

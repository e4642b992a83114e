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

test('associations of a host are counted over the whole run', async () => {
  const ledger = new HostLedger({ atOnceMax: 2, associationsMax: 3, connectionsMax: 200 });
  for (let count = 0; count < 3; count++) (await ledger.enter('127.0.0.1', { isAssociation: true }))();
  await expect(ledger.enter('127.0.0.1', { isAssociation: true })).rejects.toMatchObject({
    code: 'HOST_CAP',
  });
  (await ledger.enter('127.0.0.1', {}))();
});

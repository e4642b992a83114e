import { expect, test } from 'vitest';
import type { AnyCheck } from '../checks/check.ts';
import { checks } from '../checks/index.ts';
import { pinScope, readScope } from '../scope/index.ts';
import { startScripted } from '../testing/scripted-server.ts';
import { Dialler, HostLedger } from '../transport/index.ts';
import { examineSystem } from './examine-system.ts';
import { SCOPE_HEAD } from '../testing/scope-text.ts';

const ADDRESS = '127.0.0.1';

test('a check that holds every connection of a host and wants another ends as an error, and the next one is asked', async () => {
  await using server = await startScripted({ greeting: 'hello' });
  const scope = await pinScope(
    readScope(`${SCOPE_HEAD}ports = [${server.port}]
[protocols]
${server.port} = "ftp"
[[range]]
cidr = "${ADDRESS}/32"
`),
    { addresses: () => Promise.resolve([]), texts: () => Promise.resolve([]) },
  );
  const dialler = new Dialler({
    guard: (address, port, now) => scope.refusal(address, port, now),
    ledger: new HostLedger({ atOnceMax: 2, associationsMax: 20, connectionsMax: 200, placeWaitMs: 50 }),
    record: () => {},
    signal: new AbortController().signal,
  });
  const [model] = checks;
  if (model === undefined) throw new Error('there are no checks');
  const held: { close(): void }[] = [];
  const greedy: AnyCheck = {
    kind: 'socket',
    meta: { ...model.meta, id: 'greedy' },
    matches: () => true,
    async ask(asker) {
      for (let count = 0; count < 3; count++) held.push(await asker.converse('one more'));
      return { outcome: 'protected' };
    },
  };
  const modest: AnyCheck = {
    kind: 'socket',
    meta: { ...model.meta, id: 'modest' },
    matches: () => true,
    async ask(asker) {
      for (const one of held) one.close();
      (await asker.converse('one')).close();
      return { outcome: 'protected' };
    },
  };
  const target = { index: 0, address: ADDRESS, owner: 'Clinic', calledAETitles: [] };
  const examination = { scope, dialler, checks: [greedy, modest], now: () => new Date() };
  const { findings } = await examineSystem(examination, target, [server.port]);
  expect(findings).toMatchObject([
    { check: 'greedy', outcome: 'error', reason: expect.stringMatching(/^HOST_BUSY: /) as string },
    { check: 'modest', outcome: 'protected' },
  ]);
});

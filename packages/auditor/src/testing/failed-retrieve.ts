import { expect } from 'vitest';
import type { Check } from '../checks/check.ts';
import { askOne } from './ask.ts';
import { startSimulatedPacs } from './simulated-pacs.ts';
import { basicChallenge, startWeb } from './simulated-web.ts';

/** What C000 means for a retrieve depends on the web door beside it; without one it stays inconclusive. */
export async function expectC000Judged(check: Check<'dicom'>, realm: string, outcome: string): Promise<void> {
  await using pacs = await startSimulatedPacs({ retrieveStatus: 0xc000 });
  await using web = await startWeb(() => basicChallenge(realm));
  const verdict = await askOne(check, { port: pacs.port, others: [{ port: web.port, protocol: 'http' }] });
  expect(verdict).toMatchObject({ outcome, evidence: { status: 'C000' } });
  expect((await askOne(check, { port: pacs.port })).outcome).toBe('inconclusive');
}

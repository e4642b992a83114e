import { expect } from 'vitest';
import type { AnyCheck } from '../checks/check.ts';
import type { AttestationKey } from '../scope/index.ts';
import { askOne } from './ask.ts';
import { startSimulatedWeb } from './simulated-pacs.ts';

/** A check that only an operator can answer judges by the answer, and sends nothing. */
export async function expectJudgedByAnswer(
  check: AnyCheck,
  key: AttestationKey,
  answer: boolean,
  outcome: string,
): Promise<void> {
  await using web = await startSimulatedWeb({});
  const verdict = await askOne(check, {
    port: web.port,
    protocol: 'http',
    attestations: { [key]: answer },
  });
  expect(verdict).toMatchObject({ outcome, evidence: { attested: answer } });
  expect(web.requests).toEqual([]);
}

/** Where nothing was answered nothing is safe. */
export async function expectUnansweredIsUnknown(check: AnyCheck): Promise<void> {
  const verdict = await askOne(check, { port: 9, protocol: 'http' });
  expect(verdict).toMatchObject({ outcome: 'inconclusive' });
}

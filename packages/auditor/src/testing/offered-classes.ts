import { expect } from 'vitest';
import type { Check } from '../checks/check.ts';
import { askOne } from './ask.ts';
import { startSimulatedPacs } from './simulated-pacs.ts';

const VERIFICATION = '1.2.840.10008.1.1';

/** A check that only negotiates fires on a server that accepts one of its SOP classes, and sends nothing more. */
export async function expectFoundByOffer(check: Check<'dicom'>, sopClassUID: string): Promise<void> {
  await using pacs = await startSimulatedPacs({ offers: (uid) => uid === sopClassUID });
  const verdict = await askOne(check, { port: pacs.port });
  expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { accepted: 1 } });
  expect(pacs.requests.size).toBe(0);
}

/** It is silent on one that accepts Verification alone, and on one that rejects the association. */
export async function expectSilentWithoutOffer(check: Check<'dicom'>): Promise<void> {
  for (const form of [{ offers: (uid: string) => uid === VERIFICATION }, { form: 'rejects' as const }]) {
    await using pacs = await startSimulatedPacs(form);
    expect(await askOne(check, { port: pacs.port })).toMatchObject({ outcome: 'protected' });
  }
}

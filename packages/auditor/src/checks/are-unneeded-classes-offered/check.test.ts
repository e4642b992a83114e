import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D16 Does it offer printing and other classes an archive does not need', () => {
  test('exposed: a context is accepted, and no message follows', async () => {
    await using pacs = await startSimulatedPacs({ offers: (uid) => uid === '1.2.840.10008.5.1.1.9' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { accepted: 1 } });
    expect(pacs.requests.size).toBe(0);
  });

  test('protected: none is accepted', async () => {
    await using pacs = await startSimulatedPacs({ offers: (uid) => uid === '1.2.840.10008.1.1' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test('protected: no association', async () => {
    await using pacs = await startSimulatedPacs({ form: 'rejects' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});

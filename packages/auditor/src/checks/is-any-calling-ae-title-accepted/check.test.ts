import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D03 is any calling AE title accepted', () => {
  test('exposed: two random titles are accepted', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', grants: ['A2'] });
  });

  test('exposed, but not to anybody, when the called title must be known', async () => {
    await using pacs = await startSimulatedPacs({ form: 'checks-called', aeTitle: 'PACS1' });
    const verdict = await askOne(check, { port: pacs.port, calledAETitles: ['PACS1'] });
    expect(verdict).toMatchObject({ outcome: 'exposed', grants: [] });
  });

  test('protected: 1/1/3 calling AE title not recognised (PS3.8 Table 9-21)', async () => {
    await using pacs = await startSimulatedPacs({ form: 'checks-calling' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test('exposed: with one connection a host, as in modality-safe mode', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port, rates: { connectionsPerHost: 1 } });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { accepted: 2 } });
  });
});

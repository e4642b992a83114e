import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedWeb } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('G01 is there no audit trail', () => {
  test.each([
    ['exposed: the operator says there is none', false, 'exposed'],
    ['protected: the operator attests it', true, 'protected'],
  ])('%s', async (_title, answer, outcome) => {
    await using web = await startSimulatedWeb({});
    const attestations = { 'audit-trail': answer };
    const verdict = await askOne(check, { port: web.port, protocol: 'http', attestations });
    expect(verdict).toMatchObject({ outcome, evidence: { attested: answer } });
    expect(web.requests).toEqual([]);
  });

  test('inconclusive: unanswered is not safe', async () => {
    const verdict = await askOne(check, { port: 9, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'inconclusive' });
  });
});

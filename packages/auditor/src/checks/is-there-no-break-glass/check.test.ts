import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedWeb } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('G02 is there no break-glass control', () => {
  test.each([
    ['exposed: the operator says there is none', false, 'exposed'],
    ['protected: the operator attests it', true, 'protected'],
  ])('%s', async (_title, answer, outcome) => {
    await using web = await startSimulatedWeb({});
    const attestations = { 'break-glass': answer };
    const verdict = await askOne(check, { port: web.port, protocol: 'http', attestations });
    expect(verdict).toMatchObject({ outcome, evidence: { attested: answer } });
    expect(web.requests).toEqual([]);
  });

  test('inconclusive: unanswered is not safe', async () => {
    const verdict = await askOne(check, { port: 9, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'inconclusive' });
  });
});

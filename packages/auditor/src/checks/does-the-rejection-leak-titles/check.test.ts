import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D19 does the rejection leak titles', () => {
  test('exposed: 1/1/7', async () => {
    await using pacs = await startSimulatedPacs({ form: 'checks-called' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { tells: 'the called AE title is wrong' },
    });
  });

  test('exposed: a valid title answers differently', async () => {
    await using pacs = await startSimulatedPacs({ form: 'checks-called', aeTitle: 'PACS1' });
    const verdict = await askOne(check, { port: pacs.port, calledAETitles: ['PACS1'] });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { validTitleAnswersDifferently: true } });
  });

  test('protected: no reason given', async () => {
    await using pacs = await startSimulatedPacs({ form: 'rejects' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});

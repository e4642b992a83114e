import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D25 is it a honeypot', () => {
  test('exposed: it accepts what does not exist', async () => {
    await using pacs = await startSimulatedPacs({ form: 'honeypot' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { acceptsNonsenseSyntax: true } });
  });

  test('exposed: the toolkit of a known trap', async () => {
    await using pacs = await startSimulatedPacs({ implementationVersionName: 'GODICOM_1_1' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: an open but honest archive is none', async () => {
    await using pacs = await startSimulatedPacs({ studies: 3 });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});

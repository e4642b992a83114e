import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D22 are idle associations uncapped', () => {
  test('exposed: eight silent connections stay open', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port, optIns: ['idleSockets'] });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { stillOpen: 8 } });
  });

  test('protected: connections beyond four are closed', async () => {
    await using pacs = await startSimulatedPacs({ connectionsMax: 4 });
    const verdict = await askOne(check, { port: pacs.port, optIns: ['idleSockets'] });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { stillOpen: 4 } });
  });
});

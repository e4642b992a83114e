import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { listen, startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { createServer } from 'node:net';
import { check } from './check.ts';

describe('D24 is an absurd length accepted', () => {
  test('exposed: a server that waits for two gigabytes', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    const port = await listen(server, '127.0.0.1', 0);
    const verdict = await askOne(check, { port, optIns: ['absurdLength'] });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
    server.close();
  });

  test('protected: the connection is ended at once', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port, optIns: ['absurdLength'] });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});

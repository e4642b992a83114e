import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startWeb } from '../../testing/scripted-server.ts';
import type { TestServer } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const start = (status: number, body: string): Promise<TestServer> =>
  startWeb((_request, response) => void response.writeHead(status).end(body));

describe('X09 is a container door open', () => {
  test('exposed: Docker tells its version', async () => {
    await using server = await start(200, '{"Version":"27.1","ApiVersion":"1.46"}');
    const verdict = await askOne(check, { port: server.port, protocol: 'docker' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { apiVersion: '1.46' } });
  });

  test('protected: Docker wants TLS', async () => {
    await using server = await start(400, 'Client sent an HTTP request to an HTTPS server.');
    expect(await askOne(check, { port: server.port, protocol: 'docker' })).toMatchObject({
      outcome: 'protected',
    });
  });

  test('exposed: Kubernetes looks for a namespace for a stranger', async () => {
    await using server = await start(404, '{"kind":"Status","reason":"NotFound","code":404}');
    const verdict = await askOne(check, { port: server.port, protocol: 'kubernetes' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { status: 404 } });
    expect(server.received.map(String)).toEqual([
      expect.stringMatching(/^GET \/api\/v1\/namespaces\/expoaudit-2-25-/),
    ]);
  });

  test('protected: Kubernetes forbids it', async () => {
    await using server = await start(403, '{"kind":"Status","reason":"Forbidden","code":403}');
    const verdict = await askOne(check, { port: server.port, protocol: 'kubernetes' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test('not applicable: another web server', async () => {
    await using server = await start(404, '<html>');
    expect(await askOne(check, { port: server.port, protocol: 'kubernetes' })).toMatchObject({
      outcome: 'notApplicable',
    });
  });
});

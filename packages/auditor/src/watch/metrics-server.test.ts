import { request } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { describe, expect, test } from 'vitest';
import { startMetricsServer } from './metrics-server.ts';
import { METRICS_TYPE } from './metrics.ts';
import { Secret } from './secret.ts';
import { localhost } from './testing/sinks.ts';

interface Got {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

function get(
  port: number,
  options: { path?: string; method?: string; headers?: Record<string, string>; tls?: true },
): Promise<Got> {
  const { path = '/metrics', method = 'GET', headers = {}, tls } = options;
  const send = tls === true ? httpsRequest : request;
  return new Promise((resolve, reject) => {
    const sent = send(
      { host: '127.0.0.1', port, path, method, headers, ca: localhost.cert, servername: 'localhost' },
      (response) => {
        let body = '';
        response.on('data', (bytes: Buffer) => (body += bytes.toString('utf8')));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], body }),
        );
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

describe('metrics over HTTP', () => {
  test('GET /metrics on loopback, and nothing else', async () => {
    await using server = await startMetricsServer({ host: '127.0.0.1', port: 0 }, () => 'a 1\n');
    const { port } = server;
    expect(await get(port, {})).toEqual({ status: 200, type: METRICS_TYPE, body: 'a 1\n' });
    expect(await get(port, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect((await get(port, { path: '/' })).status).toBe(404);
    expect((await get(port, { path: '/metrics/../history' })).status).toBe(404);
    expect((await get(port, { method: 'POST' })).status).toBe(405);
  });

  test('a page of a browser that calls it by another name is refused (DNS rebinding)', async () => {
    await using server = await startMetricsServer({ host: '127.0.0.1', port: 0 }, () => 'a 1\n');
    expect(await get(server.port, { headers: { Host: 'evil.example' } })).toMatchObject({
      status: 403,
      body: '',
    });
    expect((await get(server.port, { headers: { Host: `localhost:${server.port}` } })).status).toBe(200);
  });

  test('with a token and a certificate: TLS, and 401 without the token', async () => {
    const token = 't'.repeat(32);
    const certificate = { cert: localhost.cert, key: new Secret(localhost.key) };
    const config = { host: '127.0.0.1', port: 0, token: new Secret(token), certificate };
    await using server = await startMetricsServer(config, () => 'a 1\n');
    const as = (Authorization: string) => get(server.port, { tls: true, headers: { Authorization } });
    expect(await as('')).toMatchObject({ status: 401, body: '' });
    expect(await as(`Bearer ${token}x`)).toMatchObject({ status: 401, body: '' });
    expect(await as(`Bearer ${token}`)).toMatchObject({ status: 200, body: 'a 1\n' });
  });

  test('a history that cannot be read just now is 503', async () => {
    await using server = await startMetricsServer({ host: '127.0.0.1', port: 0 }, () => {
      throw new Error('database is locked');
    });
    expect(await get(server.port, {})).toMatchObject({ status: 503, body: '' });
  });
});

import { describe, expect, test } from 'vitest';
import { bsonDocument } from '../../protocols/mongodb.ts';
import { askOne } from '../../testing/ask.ts';
import { startScripted, startWeb } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

/** OP_MSG reply: `ok` as a double, and a code. */
function mongoReply(ok: number, code?: number): Buffer {
  const double = Buffer.alloc(8);
  double.writeDoubleLE(ok);
  const fields = bsonDocument(code === undefined ? { note: 'x' } : { code, codeName: 'Unauthorized' });
  const inner = Buffer.concat([Buffer.from('\x01ok\0', 'latin1'), double, fields.subarray(4)]);
  const body = Buffer.concat([Buffer.alloc(5), Buffer.alloc(4), inner]);
  body.writeInt32LE(inner.length + 4, 5);
  const header = Buffer.alloc(16);
  header.writeInt32LE(16 + body.length);
  header.writeInt32LE(2013, 12);
  return Buffer.concat([header, body]);
}

describe('X03 does a data store ask no password', () => {
  test('exposed: Redis answers PONG', async () => {
    await using server = await startScripted({ answer: () => '+PONG\r\n' });
    expect(await askOne(check, { port: server.port, protocol: 'redis' })).toMatchObject({
      outcome: 'exposed',
    });
  });

  test.each(['NOAUTH', 'DENIED'])('protected: Redis says %s', async (code) => {
    await using server = await startScripted({ answer: () => `-${code} Authentication required.\r\n` });
    const verdict = await askOne(check, { port: server.port, protocol: 'redis' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { answer: code } });
  });

  test('exposed: MongoDB lets a search of a random collection through', async () => {
    await using server = await startScripted({ answer: () => mongoReply(1) });
    const verdict = await askOne(check, { port: server.port, protocol: 'mongodb' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { product: 'MongoDB' } });
  });

  test('protected: MongoDB says Unauthorized (13)', async () => {
    await using server = await startScripted({ answer: () => mongoReply(0, 13) });
    const verdict = await askOne(check, { port: server.port, protocol: 'mongodb' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { code: 13 } });
  });

  test.each([
    [200, 'exposed'],
    [401, 'protected'],
  ])('Elasticsearch, status %d: %s', async (status, outcome) => {
    await using server = await startWeb((_request, response) => {
      response.writeHead(status).end('{"name":"n","cluster_name":"c","cluster_uuid":"u"}');
    });
    expect(await askOne(check, { port: server.port, protocol: 'elasticsearch' })).toMatchObject({ outcome });
  });
});

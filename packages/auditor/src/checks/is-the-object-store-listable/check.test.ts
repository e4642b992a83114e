import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startWeb } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const stores = [
  [
    's3',
    { 'x-amz-request-id': '1' },
    '<ListBucketResult xmlns="x"><KeyCount>0</KeyCount></ListBucketResult>',
  ],
  ['gcs', { 'x-guploader-uploadid': '1' }, '<ListBucketResult></ListBucketResult>'],
  ['azure', { 'x-ms-request-id': '1' }, '<EnumerationResults ServiceEndpoint="x"></EnumerationResults>'],
] as const;

describe('S05 is the object store listable', () => {
  test.each([...stores])('exposed: %s gives an empty listing', async (store, headers, listing) => {
    await using server = await startWeb((request, response) => {
      response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : listing);
    });
    const verdict = await askOne(check, { port: server.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { store }, grants: ['S'] });
    expect(
      server.received.map(String).every((line) => line === 'HEAD /' || line.includes('prefix=2.25.')),
    ).toBe(true);
  });

  test.each([...stores])('protected: %s refuses', async (store, headers) => {
    await using server = await startWeb((_request, response) => {
      response.writeHead(403, headers).end('<Error><Code>AccessDenied</Code></Error>');
    });
    const verdict = await askOne(check, { port: server.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { store, status: 403 } });
  });

  test('not applicable: another web server', async () => {
    await using server = await startWeb((_request, response) => {
      response.end('<ListBucketResult>');
    });
    expect(await askOne(check, { port: server.port, protocol: 'http' })).toMatchObject({
      outcome: 'notApplicable',
    });
  });
});

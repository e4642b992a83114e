import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted, startWeb } from '../../testing/scripted-server.ts';
import type { TestServer } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const LISTING =
  '213-Status follows:\r\n-rw 1 a CANARY^ONE.dcm\r\n-rw 1 b two.DCM\r\n-rw 1 c notes.txt\r\n213 End\r\n';

const startFtp = (login: string): Promise<TestServer> =>
  startScripted({
    greeting: '220 ready\r\n',
    answer: (turn) => (turn === 0 ? login : LISTING),
  });

const file = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.from('CANARY^DATA')]);
const hrefs = ['/', '/CANARY%5EONE.dcm', '/b/two.dcm'].map(
  (href) => `<D:response><D:href>${href}</D:href></D:response>`,
);

const startWebDav = (): Promise<TestServer> =>
  startWeb((request, response) => {
    if (request.method === 'PROPFIND')
      response.writeHead(207).end(`<D:multistatus>${hrefs.join('')}</D:multistatus>`);
    else if (request.headers.range === 'bytes=0-131') response.writeHead(206).end(file.subarray(0, 132));
    else response.writeHead(request.method === 'HEAD' ? 200 : 500).end();
  });

describe('S07 are DICOM files in open shares', () => {
  test('exposed: counted by STAT over anonymous FTP', async () => {
    await using server = await startFtp('230 in\r\n');
    const verdict = await askOne(check, { port: server.port, protocol: 'ftp', optIns: ['shareContent'] });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { share: 'FTP', dcmFiles: 2 } });
    expect(JSON.stringify(verdict)).not.toContain('CANARY');
  });

  test('not applicable: FTP lets nobody in', async () => {
    await using server = await startFtp('530 no\r\n');
    const verdict = await askOne(check, { port: server.port, protocol: 'ftp', optIns: ['shareContent'] });
    expect(verdict).toMatchObject({ outcome: 'notApplicable' });
  });

  test('exposed: counted by PROPFIND, and DICM seen in 132 bytes of one (PS3.10 7.1)', async () => {
    await using server = await startWebDav();
    const verdict = await askOne(check, { port: server.port, protocol: 'http', optIns: ['shareContent'] });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { share: 'WebDAV', dcmFiles: 2, hasDicomPrefix: true },
      counts: { files: { value: 2, isLowerBound: false } },
    });
    expect(JSON.stringify(verdict)).not.toContain('CANARY');
  });

  test('exposed: counted in the listing of a bucket, "at least" when it goes on', async () => {
    await using server = await startWeb((request, response) => {
      response.setHeader('x-amz-request-id', '1');
      const isListing = request.url?.startsWith('/?list-type=2') === true;
      const keys = '<Contents><Key>CANARY/1.dcm</Key></Contents>'.repeat(3);
      const listing = `<ListBucketResult><IsTruncated>true</IsTruncated>${keys}</ListBucketResult>`;
      response.end(isListing ? listing : 'no DICOM');
    });
    const verdict = await askOne(check, { port: server.port, protocol: 'http', optIns: ['shareContent'] });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { share: 'object store', dcmFiles: 3, isLowerBound: true, hasDicomPrefix: false },
    });
  });
});

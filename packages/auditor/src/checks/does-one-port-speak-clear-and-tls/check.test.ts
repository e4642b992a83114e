import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { listen, startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { connect, createServer } from 'node:net';
import { testCertificate } from '../../testing/certificates.ts';
import { check } from './check.ts';

describe('T02 does one port speak clear and TLS', () => {
  test('exposed: a port that looks at the first byte and takes both', async () => {
    const identity = testCertificate();
    await using clear = await startSimulatedPacs({});
    await using secure = await startSimulatedPacs({ tls: identity });
    const both = createServer((socket) => {
      socket.once('data', (first) => {
        const inner = connect(first[0] === 0x16 ? secure.port : clear.port, '127.0.0.1');
        inner.write(first);
        socket.pipe(inner).pipe(socket);
        inner.on('error', () => socket.destroy());
        socket.on('error', () => inner.destroy());
      });
    });
    const port = await listen(both, '127.0.0.1', 0);
    expect(await askOne(check, { port, protocol: 'dicom' })).toMatchObject({ outcome: 'exposed' });
    expect(await askOne(check, { port, protocol: 'dicom-tls' })).toMatchObject({ outcome: 'exposed' });
    both.close();
  });

  test('protected: TLS alone', async () => {
    await using pacs = await startSimulatedPacs({ tls: testCertificate() });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test('protected: clear text alone is the matter of T01', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});

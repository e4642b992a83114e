import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ServerFlightReader, clientHello } from './tls-hello.ts';

test('any bytes, in any pieces, give an answer or "more" (RFC 5246 7.4)', () => {
  const flight = fc.uint8Array({ maxLength: 300 }).map((body) => {
    const record = Buffer.from([22, 3, 3, body.length >> 8, body.length & 255, ...body]);
    if (record.length > 5) record[5] = 2;
    return record;
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.uint8Array(), flight), { maxLength: 8 }), (pieces) => {
      const reader = new ServerFlightReader();
      for (const piece of pieces) if (reader.feed(Buffer.from(piece)) !== undefined) return;
      expect(reader.end('closed').kind).toMatch(/hello|closed/);
    }),
    { numRuns: 500 },
  );
});

test('our own hello sent back by an echo server is no answer', () => {
  const hello = clientHello({ version: 0x0303, suites: [0xc02f] }, 'pacs.example');
  expect(new ServerFlightReader().feed(hello)).toEqual({ kind: 'closed' });
});

test('an alert is an answer (RFC 5246 7.2)', () => {
  expect(new ServerFlightReader().feed(Buffer.from('15030300020246', 'hex'))).toEqual({
    kind: 'alert',
    description: 70,
  });
});

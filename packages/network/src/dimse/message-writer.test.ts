import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPdus } from '../test-support/read-pdus.ts';
import { decodeCommand } from './command-codec.ts';
import { DataSetFramer, commandPdus, fragmentMaxBytes } from './message-writer.ts';

/** Frames chunks and gives the PDVs' data, their last-fragment bits, and the longest PDU. */
function frame(chunks: Uint8Array[], maximumLength: number) {
  const framer = new DataSetFramer(1, fragmentMaxBytes(maximumLength));
  const parts: Uint8Array[] = [];
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      at = framer.add(chunk, at);
      if (framer.isReady) parts.push(...framer.take());
    }
  }
  framer.end();
  parts.push(...framer.take());
  const pdus = readPdus([Buffer.concat(parts)], maximumLength === 0 ? undefined : maximumLength);
  return { parts, pdvs: pdus.flatMap((pdu) => (pdu.type === 'P-DATA-TF' ? pdu.pdvs : [])) };
}

test('chunks of any size become PDUs the peer takes, of even length but the last, with one last fragment', () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 0, maxLength: 700 }), { maxLength: 8 });
  fc.assert(
    fc.property(chunks, fc.integer({ min: 128, max: 1500 }), (parts, maximumLength) => {
      const { pdvs } = frame(parts, maximumLength);
      expect(Buffer.concat(pdvs.map((pdv) => pdv.data))).toEqual(Buffer.concat(parts));
      expect(pdvs.map((pdv) => pdv.isLast)).toEqual(pdvs.map((_, i) => i === pdvs.length - 1));
      for (const pdv of pdvs.slice(0, -1)) expect(pdv.data.length % 2).toBe(0);
    }),
  );
});

test('large chunks are sent as views, never copied', () => {
  const chunk = Buffer.alloc(1 << 20);
  const { parts } = frame([chunk], 0);
  const views = parts.filter((part) => part.buffer === chunk.buffer);
  // All but the short last fragment, which is put behind its header in one buffer.
  const copied = chunk.length - views.reduce((sum, part) => sum + part.length, 0);
  expect(copied).toBe(chunk.length % (256 * 1024 - 6));
});

test('a command set longer than the PDUs of the peer is fragmented', () => {
  const fields = {
    commandField: 0x30,
    messageID: 1,
    affectedSOPClassUID: '1.2.840.10008.1.1',
    errorComment: 'x'.repeat(64),
  };
  const parts = commandPdus(1, fields, false, 100);
  const pdvs = readPdus([Buffer.concat(parts)], 106).flatMap((pdu) =>
    pdu.type === 'P-DATA-TF' ? pdu.pdvs : [],
  );
  expect(pdvs.map((pdv) => [pdv.isCommand, pdv.isLast])).toEqual([
    [true, false],
    [true, true],
  ]);
  expect(decodeCommand(Buffer.concat(pdvs.map((pdv) => pdv.data)))).toMatchObject(fields);
});

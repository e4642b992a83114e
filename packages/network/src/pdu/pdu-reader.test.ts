import { expect, test } from 'vitest';
import { pdataOf } from '../test-support/scripted-peer.ts';
import { encodePdu } from './pdu-codec.ts';
import { PduReader } from './pdu-reader.ts';

test('data of a PDV is handed out as views of the reads, never copied and never gathered', () => {
  const bytes = encodePdu(pdataOf(3, Buffer.alloc(100_000, 0x5a)));
  const reader = new PduReader(1 << 20);
  const pieces: number[] = [];
  for (let at = 0; at < bytes.length; at += 30_000) {
    const read = bytes.subarray(at, at + 30_000);
    reader.feed(read);
    for (let event = reader.next(); event !== 'need-more'; event = reader.next()) {
      if (event !== 'pdv') continue;
      expect(reader.piece.buffer).toBe(bytes.buffer);
      pieces.push(reader.piece.length);
    }
  }
  expect(pieces).toEqual([30_000 - 12, 30_000, 30_000, 100_012 - 90_000]);
  expect([reader.pdvEnds, reader.pduEnds, reader.isBetweenPdus]).toEqual([true, true, true]);
});

test('the last-fragment bit counts only with the piece that ends its PDV', () => {
  const bytes = encodePdu(pdataOf(1, Buffer.alloc(4)));
  const reader = new PduReader(1024);
  reader.feed(bytes.subarray(0, 14));
  expect([reader.next(), reader.next()]).toEqual(['p-data', 'pdv']);
  expect([reader.isLast, reader.pdvEnds]).toEqual([true, false]);
  expect(reader.next()).toBe('need-more');
  reader.feed(bytes.subarray(14));
  expect(reader.next()).toBe('pdv');
  expect([reader.isLast, reader.pdvEnds]).toEqual([true, true]);
});

test('when all bytes are used the reader holds no read', () => {
  const reader = new PduReader(1024);
  reader.feed(encodePdu(pdataOf(1, Buffer.alloc(4))));
  while (reader.next() !== 'need-more');
  expect(reader.piece.length).toBe(0);
});

import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKind, formatAddress, parseAddress, parseBlock } from './address.ts';

test.each([
  ['127.0.0.1', 'loopback'],
  ['10.2.3.4', 'private'],
  ['100.64.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['::1', 'loopback'],
  ['::ffff:10.0.0.1', 'private'],
  ['fd00::1', 'private'],
  ['2001:db8::1', 'public'],
  ['224.0.0.1', 'reserved'],
])('%s is %s', (text, kind) => {
  const address = parseAddress(text);
  expect(address && addressKind(address)).toBe(kind);
});

test('an address is the same after it was written and read again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = parseAddress(text);
      if (address === undefined) return;
      const written = formatAddress(address.family, address.value);
      expect(address.family === 4 ? isIPv4(written) : isIPv6(written)).toBe(true);
      expect(parseAddress(written)).toEqual(address);
    }),
  );
});

test('any text is a block or undefined', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const block = parseBlock(text);
      if (block !== undefined) expect(block.first <= block.last).toBe(true);
    }),
  );
});

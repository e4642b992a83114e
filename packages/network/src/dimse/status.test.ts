import { expect, test } from 'vitest';
import { statusClass } from './status.ts';

test.each([
  [0x0000, 'success'],
  [0x0001, 'warning'],
  [0x0107, 'warning'],
  [0x0116, 'warning'],
  [0xb000, 'warning'],
  [0xff00, 'pending'],
  [0xff01, 'pending'],
  [0xfe00, 'cancel'],
  [0x0110, 'failure'],
  [0xa700, 'failure'],
  [0xc123, 'failure'],
  [0x7777, 'failure'],
] as const)('status %i is %s (PS3.7 Annex C)', (status, kind) => {
  expect(statusClass(status)).toBe(kind);
});

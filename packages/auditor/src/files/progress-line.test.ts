import { describe, expect, test } from 'vitest';
import { printable } from './printable.ts';
import { ProgressLine } from './progress-line.ts';

describe('progress', () => {
  function lines(isTTY: boolean, isComplete: boolean): string[] {
    const written: string[] = [];
    let now = 0;
    const output = { write: (text: string) => written.push(text), isTTY };
    const line = new ProgressLine(output, { files: 10, bytes: 200e6, isComplete }, () => now);
    now = 1_000;
    line.update({ files: 5, members: 2, bytes: 100e6 });
    line.end();
    return written;
  }

  test('on a terminal: bytes, files, rate, time left', () => {
    expect(lines(true, true)[0]).toContain(
      '100.0 MB of 200.0 MB  5 files + 2 inside  100.0 MB/s  5 files/s  1 s left',
    );
    expect(lines(true, false)[0]).toContain('100.0 MB of >= 200.0 MB');
    expect(lines(true, false)[0]).not.toContain('left');
  });

  test('elsewhere nothing', () => {
    expect(lines(false, true)).toEqual([]);
  });
});

describe('names that are printed', () => {
  test.each([
    ['Müller.dcm', 'Müller.dcm'],
    ['a\nb\u001b[31m', 'a\\u{a}b\\u{1b}[31m'],
    ['\u202egnp', '\\u{202e}gnp'],
    ['back\\slash', 'back\\\\slash'],
  ])('%j', (name, shown) => {
    expect(printable(Buffer.from(name))).toBe(shown);
  });

  test('bytes that are no UTF-8', () => {
    expect(printable(Buffer.from([0x61, 0xff, 0x00]))).toBe('aÿ\\u{0}');
  });
});

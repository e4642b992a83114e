import { expect, test } from 'vitest';
import { Progress } from './progress.ts';

function output(isTTY: boolean): { text: string; write(text: string): void; isTTY: boolean } {
  return {
    text: '',
    isTTY,
    write(text: string) {
      this.text += text;
    },
  };
}

test('a pipe or a log gets nothing', () => {
  const pipe = output(false);
  const progress = new Progress(pipe, 'import');
  for (let i = 0; i <= 10; i++) progress.update(i, 10);
  progress.end();
  expect(pipe.text).toBe('');
});

test('a terminal gets a bar, drawn now and then and at the end, and wiped away', () => {
  const terminal = output(true);
  const progress = new Progress(terminal, 'import');
  for (let i = 0; i <= 10_000; i++) progress.update(i, 10_000);
  expect(terminal.text.split('\r').length).toBeLessThan(20);
  expect(terminal.text).toContain('100 %  10000/10000');
  progress.end();
  expect(terminal.text.endsWith('\r\u001b[2K')).toBe(true);
});

test('nothing to do, and more done than was known of, are no trouble', () => {
  const terminal = output(true);
  const progress = new Progress(terminal, 'verify');
  progress.update(0, 0);
  progress.update(7, 5);
  expect(terminal.text).toContain('100 %');
});

import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirmer } from './confirm.ts';

const terminal = (isTTY = true) => Object.assign(new PassThrough(), { isTTY });

test.each([
  ['yes\n', true],
  [' yes \n', true],
  ['y\n', false],
  ['YES\n', false],
  ['\n', false],
  ['no\nyes\n', false],
])('the answer %j is taken as %s', async (answer, taken) => {
  const [input, output] = [terminal(), terminal()];
  const asked = confirmer(input, output).confirm?.('Drop it?');
  input.write(answer);
  expect(await asked).toBe(taken);
  expect(String(output.read())).toContain('Drop it? Type yes: ');
});

test('an input that ends without an answer is no', async () => {
  const input = terminal();
  const asked = confirmer(input, terminal()).confirm?.('Drop it?');
  input.end();
  expect(await asked).toBe(false);
});

test('where there is no terminal at both ends nobody is asked', () => {
  expect(confirmer(terminal(false), terminal()).confirm).toBeUndefined();
  expect(confirmer(terminal(), terminal(false)).confirm).toBeUndefined();
});

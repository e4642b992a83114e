import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import type { CommandContext } from './init-context.ts';

type Terminal = { readonly isTTY?: boolean };

/** Asks on a terminal, where there is one at both ends; only the whole word counts. */
export function confirmer(
  input: Readable & Terminal,
  output: Writable & Terminal,
): Pick<CommandContext, 'confirm'> {
  if (!input.isTTY || !output.isTTY) return {};
  return {
    async confirm(question) {
      const lines = createInterface({ input, output });
      // An input that ends without a line answers nothing.
      const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
      try {
        return (await Promise.race([lines.question(`${question} Type yes: `), ended])).trim() === 'yes';
      } finally {
        lines.close();
      }
    },
  };
}

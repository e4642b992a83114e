import type { TextOutput } from './init-context.ts';

const BAR_WIDTH = 24;
const REDRAW_MS = 100;

/** A progress bar on a terminal, silence elsewhere: logs and pipes get only the result. */
export class Progress {
  readonly #output: TextOutput;
  readonly #label: string;
  #drawnAt = -Infinity;
  #drawn = false;

  constructor(output: TextOutput, label: string) {
    this.#output = output;
    this.#label = label;
  }

  update(done: number, total: number, note = ''): void {
    if (!this.#output.isTTY) return;
    const now = performance.now();
    if (now - this.#drawnAt < REDRAW_MS && done < total) return;
    this.#drawnAt = now;
    this.#drawn = true;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    this.#output.write(`\r\u001b[2K${this.#label} ${bar} ${percent} %  ${done}/${total} ${note}`);
  }

  end(): void {
    if (this.#drawn) this.#output.write('\r\u001b[2K');
  }
}

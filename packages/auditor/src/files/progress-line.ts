import type { FilesProgress } from './audit-files.ts';

/** What there is to do, as far as it is known. */
export interface Totals {
  files: number;
  bytes: number;
  isComplete: boolean;
}

const redrawMs = 200;

/** One line on a terminal: bytes, files, rate, time left. Silence elsewhere. */
export class ProgressLine {
  readonly #output: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly #totals: Totals;
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  #drawnMs = -Infinity;
  #drawn = false;

  constructor(
    output: { write(text: string): unknown; readonly isTTY?: boolean },
    totals: Totals,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#output = output;
    this.#totals = totals;
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
  }

  update({ files, members, bytes }: FilesProgress): void {
    if (this.#output.isTTY !== true) return;
    const now = this.#nowMs();
    if (now - this.#drawnMs < redrawMs) return;
    this.#drawnMs = now;
    this.#drawn = true;
    const seconds = Math.max(0.001, (now - this.#startedMs) / 1000);
    const rate = bytes / seconds;
    const inside = members > 0 ? ` + ${members} inside` : '';
    const text =
      `${size(bytes)}${this.#ofTotal()}  ${files} files${inside}  ${size(rate)}/s` +
      `  ${Math.round(files / seconds)} files/s${this.#left(bytes, rate)}`;
    this.#output.write(`\r\u001b[2K${text}`);
  }

  end(): void {
    if (this.#drawn) this.#output.write('\r\u001b[2K');
  }

  #ofTotal(): string {
    const { bytes, isComplete } = this.#totals;
    if (bytes === 0) return '';
    return ` of ${isComplete ? '' : '>= '}${size(bytes)}`;
  }

  #left(bytes: number, rate: number): string {
    const { bytes: total, isComplete } = this.#totals;
    if (!isComplete || rate <= 0) return '';
    const seconds = Math.max(0, Math.round((total - bytes) / rate));
    const minutes = Math.floor(seconds / 60);
    return minutes > 0 ? `  ${minutes} min left` : `  ${seconds} s left`;
  }
}

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

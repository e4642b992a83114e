import type { ScanProgress } from '../scan/index.ts';

const BAR_WIDTH = 24;

/** One line on a terminal, drawn over and over, that says how far a run is. */
export class ProgressDisplay {
  readonly #print: (text: string) => void;
  #isDrawn = false;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  readonly draw = ({ addresses, addressesTotal, responding, examined }: ScanProgress): void => {
    const share = addressesTotal === 0 ? 1 : Math.min(1, addresses / addressesTotal);
    const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.');
    this.#isDrawn = true;
    this.#print(
      `\r[${bar}] ${addresses}/${addressesTotal} addresses, ${examined}/${responding} systems examined `,
    );
  };

  /** Leaves the line as it is, so that other lines may follow. */
  end(): void {
    if (this.#isDrawn) this.#print('\n');
    this.#isDrawn = false;
  }
}

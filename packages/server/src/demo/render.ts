import type { Grain } from './noise.ts';

export interface RenderSettings {
  /** Value of each tissue. */
  readonly values: Int16Array;
  /** Added to what the tissues give, before clamping to 0..max: a CT stores Hounsfield units + 1024. */
  readonly offset: number;
  readonly max: number;
  readonly grain: Grain;
  /** Deviation of the noise. */
  readonly noise: number;
}

/** Makes pixels from tissues: values, softened 1-2-1 across and down as by partial volumes, with noise. */
export class Renderer {
  readonly #columns: number;
  readonly #rows: number;
  readonly #settings: RenderSettings;
  /** Four times the value, softened across. Kept from image to image: making it anew costs more than filling it. */
  readonly #across: Int16Array;

  constructor(columns: number, rows: number, settings: RenderSettings) {
    this.#columns = columns;
    this.#rows = rows;
    this.#settings = settings;
    this.#across = new Int16Array(columns * rows);
  }

  /** Uint16, rows x columns, row-major. @param labels tissues; @param number another for each image: its noise */
  render(labels: Uint8Array, number: number): Uint16Array {
    const columns = this.#columns;
    const rows = this.#rows;
    const across = this.#across;
    const { offset, max, grain, noise } = this.#settings;
    this.#softenAcross(labels);
    const pixels = new Uint16Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      // Each row begins elsewhere in the grain, by a step that shares no factor with its length.
      const from = number * 7919 + row * 4391;
      const here = row * columns;
      const above = row > 0 ? here - columns : here;
      const below = row + 1 < rows ? here + columns : here;
      for (let column = 0; column < columns; column++) {
        const sum =
          (across[above + column] as number) +
          2 * (across[here + column] as number) +
          (across[below + column] as number);
        const value = sum / 16 + grain.at(from + column) * noise + offset;
        pixels[here + column] = value < 0 ? 0 : value > max ? max : value + 0.5;
      }
    }
    return pixels;
  }

  #softenAcross(labels: Uint8Array): void {
    const columns = this.#columns;
    const across = this.#across;
    const { values } = this.#settings;
    for (let start = 0; start < across.length; start += columns) {
      let here = values[labels[start] as number] as number;
      let left = here;
      for (let at = start; at < start + columns - 1; at++) {
        const right = values[labels[at + 1] as number] as number;
        across[at] = left + here + here + right;
        left = here;
        here = right;
      }
      across[start + columns - 1] = left + 3 * here;
    }
  }
}

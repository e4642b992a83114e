import { randomNumbers } from './random.ts';

/** Samples of a tile along each side: a power of two, so that wrapping is a mask. */
export const TILE_SIDE = 256;
const TILE_MASK = TILE_SIDE - 1;

/** Hills and valleys between -1 and 1 that repeat after TILE_SIDE samples each way. */
export class SmoothTile {
  readonly #heights: Float32Array;

  /** Random heights at a lattice, joined smoothly. @param cell samples between them */
  constructor(seed: number, cell: number) {
    const random = randomNumbers(seed);
    const points = TILE_SIDE / cell;
    const corners = Float32Array.from({ length: points * points }, () => random() * 2 - 1);
    const corner = (x: number, y: number): number => corners[(y % points) * points + (x % points)] as number;
    this.#heights = new Float32Array(TILE_SIDE * TILE_SIDE);
    for (let y = 0; y < TILE_SIDE; y++) {
      const row = Math.floor(y / cell);
      const down = ease((y % cell) / cell);
      for (let x = 0; x < TILE_SIDE; x++) {
        const column = Math.floor(x / cell);
        const along = ease((x % cell) / cell);
        const top = corner(column, row) * (1 - along) + corner(column + 1, row) * along;
        const bottom = corner(column, row + 1) * (1 - along) + corner(column + 1, row + 1) * along;
        this.#heights[y * TILE_SIDE + x] = top * (1 - down) + bottom * down;
      }
    }
  }

  /** The height at whole coordinates of any size. */
  at(x: number, y: number): number {
    return this.#heights[(y & TILE_MASK) * TILE_SIDE + (x & TILE_MASK)] as number;
  }
}

const ease = (t: number): number => t * t * (3 - 2 * t);

/** Samples of grain: many more than a row has, so that rows that begin at different places look different. */
const GRAIN_SAMPLES = 1 << 16;
const GRAIN_MASK = GRAIN_SAMPLES - 1;

/** Normally distributed numbers of mean 0 and deviation 1 (Box-Muller), in a ring. */
export class Grain {
  readonly #samples = new Float32Array(GRAIN_SAMPLES);

  constructor(seed: number) {
    const random = randomNumbers(seed);
    for (let index = 0; index < GRAIN_SAMPLES; index += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - random()));
      const angle = 2 * Math.PI * random();
      this.#samples[index] = radius * Math.cos(angle);
      this.#samples[index + 1] = radius * Math.sin(angle);
    }
  }

  /** @param index a whole number of any size */
  at(index: number): number {
    return this.#samples[index & GRAIN_MASK] as number;
  }
}

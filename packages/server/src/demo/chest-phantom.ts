import type { Grain } from './noise.ts';
import { SmoothTile } from './noise.ts';
import { randomNumbers } from './random.ts';

/** The chest is drawn small and enlarged: nothing in it but noise is finer than this. */
const BASE = 512;
/** Radiograph pixels for one of the drawing's, each way. */
const ENLARGEMENT = 4;
export const CHEST_SIDE = BASE * ENLARGEMENT;
/** Rows and columns together are the detector's side: 350 mm. */
export const CHEST_PIXEL_SPACING_MM = 350 / CHEST_SIDE;
/** What 12 bits hold. */
const MAX_VALUE = 4095;

/** A chest made of shadows that add up as X-rays do: body, lungs, heart, ribs, vessels. Nobody's. */
export class ChestPhantom {
  readonly #seed: number;
  #shadow: Float32Array | undefined;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /**
   * A radiograph, postero-anterior, bones white: Uint16 of 12 bits, CHEST_SIDE x CHEST_SIDE, row-major.
   * @param number another for each exposure: its noise
   */
  radiograph(number: number, grain: Grain): Uint16Array {
    this.#shadow ??= chestShadow(this.#seed);
    return enlarge(this.#shadow, grain, number);
  }
}

function chestShadow(seed: number): Float32Array {
  const shadow = bodyShadow(seed);
  drawBones(shadow);
  drawVessels(shadow, randomNumbers(seed + 5));
  drawMarker(shadow);
  return shadow;
}

/** From -1 to 1 across and down; the patient's left is on the right. */
const coordinate = (index: number): number => (index + 0.5) / (BASE / 2) - 1;

const smoothstep = (from: number, to: number, value: number): number => {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
};

/** 1 inside an ellipse, 0 outside, with an edge `soft` wide as a part of its size. */
function ellipse(x: number, y: number, rx: number, ry: number, soft: number, turn = 0): number {
  const cosine = Math.cos(turn);
  const sine = Math.sin(turn);
  const along = (x * cosine + y * sine) / rx;
  const across = (y * cosine - x * sine) / ry;
  return 1 - smoothstep(1 - soft, 1 + soft, Math.sqrt(along * along + across * across));
}

function bodyShadow(seed: number): Float32Array {
  const texture = new SmoothTile(seed + 3, 8);
  const shadow = new Float32Array(BASE * BASE);
  for (let row = 0; row < BASE; row++) {
    const y = coordinate(row);
    // Neck, shoulders, then the trunk.
    const halfWidth = 0.27 + 0.72 * smoothstep(-0.95, -0.52, y) - 0.1 * smoothstep(-0.4, 0.1, y);
    for (let column = 0; column < BASE; column++) {
      const x = coordinate(column);
      const outside = Math.abs(x) / halfWidth;
      if (outside >= 1) continue;
      const body =
        0.62 * Math.sqrt(Math.sqrt(1 - outside * outside)) * (0.9 + 0.1 * smoothstep(-0.2, 0.8, y));
      const lung = Math.max(lungAt(x, y, -1), lungAt(x, y, 1));
      const grainy = 1 + 0.05 * texture.at(column, row) * lung;
      shadow[row * BASE + column] =
        (body - 0.4 * lung) * grainy + innerShadow(x, y) + abdomen(x, y) - airways(x, y);
    }
  }
  return shadow;
}

/** @param side -1: the right lung, on the left of the picture */
function lungAt(x: number, y: number, side: number): number {
  const centre = side * 0.4;
  const narrowing = 0.55 + 0.45 * smoothstep(-0.8, -0.1, y);
  const lung = ellipse(x - centre + side * 0.05 * (1 - narrowing), y + 0.08, 0.31 * narrowing, 0.72, 0.07);
  const dome = 0.5 + (side > 0 ? 0.05 : 0) - 0.2 * (1 - ((x - centre) / 0.36) ** 2);
  return lung * (1 - smoothstep(dome - 0.015, dome + 0.015, y));
}

/** Heart, great vessels, mediastinum and spine. */
function innerShadow(x: number, y: number): number {
  const mediastinum = 0.17 * (1 - smoothstep(0.1, 0.17, Math.abs(x))) * smoothstep(-0.95, -0.6, y);
  const heart = 0.24 * ellipse(x - 0.13, y - 0.22, 0.33, 0.24, 0.09, 0.55) * (1 - smoothstep(0.36, 0.52, y));
  const rightAtrium = 0.1 * ellipse(x + 0.1, y - 0.2, 0.12, 0.2, 0.25);
  const aorticArch = 0.13 * ellipse(x - 0.13, y + 0.27, 0.095, 0.1, 0.15);
  const pulmonaryTrunk = 0.07 * ellipse(x - 0.17, y + 0.09, 0.1, 0.1, 0.3);
  const vertebra = 0.5 + 0.5 * Math.sin(y * 38);
  const spine = (0.05 + 0.025 * vertebra) * (1 - smoothstep(0.055, 0.085, Math.abs(x)));
  return Math.max(mediastinum + rightAtrium, heart) + aorticArch + pulmonaryTrunk + spine;
}

/** Below the diaphragm: dense, with the gastric bubble under the left dome. */
function abdomen(x: number, y: number): number {
  const dense = 0.1 * smoothstep(0.35, 0.7, y);
  return dense - 0.13 * ellipse(x - 0.36, y - 0.56, 0.13, 0.075, 0.15);
}

function airways(x: number, y: number): number {
  const trachea =
    0.12 * (1 - smoothstep(0.03, 0.045, Math.abs(x - 0.01))) * (1 - smoothstep(-0.24, -0.18, y));
  const side = Math.sign(x);
  const along = (Math.abs(x) - 0.02) / 0.2;
  const bronchus = Math.abs(y - (-0.19 + along * (side < 0 ? 0.14 : 0.11)));
  const main = along > 0 && along < 1 ? 0.07 * (1 - smoothstep(0.018, 0.03, bronchus)) : 0;
  return trachea * smoothstep(-1, -0.8, y) + main;
}

interface Band {
  readonly curve: (t: number) => readonly [x: number, y: number];
  /** As a part of half the picture's side. */
  readonly width: (t: number) => number;
  readonly strength: number;
  /** Edges brighter than the middle, as a tube of bone casts its shadow. */
  readonly tube: boolean;
}

/** Points along a band, each a disc: near enough to each other to leave no gaps. */
const BAND_STEP_PIXELS = 2;

/** Calls `put` for each pixel of a band, once, with its shadow. */
function castBand({ curve, width, strength, tube }: Band, put: (at: number, value: number) => void): void {
  const [startX, startY] = curve(0);
  const [middleX, middleY] = curve(0.5);
  const [endX, endY] = curve(1);
  const length = Math.hypot(middleX - startX, middleY - startY) + Math.hypot(endX - middleX, endY - middleY);
  const steps = Math.max(4, Math.ceil((length * BASE) / 2 / BAND_STEP_PIXELS));
  // The least squared distance to the curve counts, in parts of the radius: discs overlap along it.
  const nearest = new Map<number, number>();
  for (let step = 0; step <= steps; step++) {
    const t = step / steps;
    const [x, y] = curve(t);
    const radius = (width(t) * BASE) / 2;
    const perSquare = 1 / (radius * radius);
    const centreX = ((x + 1) * BASE) / 2;
    const centreY = ((y + 1) * BASE) / 2;
    for (
      let row = Math.max(0, Math.ceil(centreY - radius));
      row <= Math.min(BASE - 1, centreY + radius);
      row++
    ) {
      for (
        let col = Math.max(0, Math.ceil(centreX - radius));
        col <= Math.min(BASE - 1, centreX + radius);
        col++
      ) {
        const distance = ((col - centreX) * (col - centreX) + (row - centreY) * (row - centreY)) * perSquare;
        if (distance > 1) continue;
        const at = row * BASE + col;
        const before = nearest.get(at);
        if (before === undefined || distance < before) nearest.set(at, distance);
      }
    }
  }
  for (const [at, squared] of nearest) {
    const profile = tube ? 0.7 + 0.45 * squared : 1;
    put(at, strength * profile * (1 - smoothstep(tube ? 0.72 : 0.2, 1, squared)));
  }
}

function drawBones(shadow: Float32Array): void {
  const add = (at: number, value: number): void => {
    // Where nothing is, no bone sticks out.
    if (shadow[at] !== 0) shadow[at] = (shadow[at] as number) + value;
  };
  for (const side of [-1, 1]) {
    for (let rib = 0; rib < 10; rib++) {
      const reach = 0.34 + 0.36 * smoothstep(-1.5, 5, rib);
      const top = -0.68 + rib * 0.124;
      // Behind: from the spine outwards and down. In front: back inwards, steeper and fainter.
      const behind = (t: number): [number, number] => {
        const bend = Math.sin(t * Math.PI * 0.5);
        return [side * (0.07 + (reach - 0.07) * bend), top - 0.05 * Math.sin(t * Math.PI) + 0.2 * t ** 2.2];
      };
      const front = (t: number): [number, number] => [
        side * (reach - (reach - 0.2) * t ** 1.4),
        top + 0.2 + 0.3 * Math.sin((t * Math.PI) / 2),
      ];
      castBand({ curve: behind, width: () => 0.034, strength: 0.075, tube: true }, add);
      if (rib < 7) castBand({ curve: front, width: () => 0.036, strength: 0.035, tube: true }, add);
    }
    const clavicle = (t: number): [number, number] => [
      side * (0.07 + 0.6 * t),
      -0.56 - 0.07 * t + 0.03 * Math.sin(t * 2 * Math.PI),
    ];
    const clavicleWidth = (t: number): number => 0.036 + 0.012 * Math.abs(1 - 2 * t);
    castBand({ curve: clavicle, width: clavicleWidth, strength: 0.09, tube: true }, add);
    const scapula = (t: number): [number, number] => [side * (0.78 - 0.1 * t), -0.5 + 0.62 * t];
    castBand({ curve: scapula, width: (t) => 0.12 * (1 - t) + 0.03, strength: 0.05, tube: true }, add);
    const humerus = (t: number): [number, number] => [side * (0.86 + 0.03 * t), -0.5 + 0.35 * t];
    castBand({ curve: humerus, width: (t) => 0.11 - 0.03 * t, strength: 0.1, tube: true }, add);
  }
}

/** Vessels fan out from the hila, dividing as they go. Where they join, the thicker one counts. */
function drawVessels(shadow: Float32Array, random: () => number): void {
  const vessels = new Map<number, number>();
  const widen = (at: number, value: number): void => {
    if (value > (vessels.get(at) ?? 0)) vessels.set(at, value);
  };
  const branch = (
    x: number,
    y: number,
    direction: number,
    width: number,
    length: number,
    depth: number,
  ): void => {
    const bend = (random() - 0.5) * 0.8;
    const curve = (t: number): [number, number] => [
      x + Math.cos(direction + bend * t) * length * t,
      y + Math.sin(direction + bend * t) * length * t,
    ];
    const strength = 0.075 * Math.sqrt(width / 0.045);
    castBand({ curve, width: (t) => width * (1 - 0.3 * t), strength, tube: false }, widen);
    if (depth === 0) return;
    const [endX, endY] = curve(1);
    for (const turn of [-1, 1]) {
      const next = direction + bend + turn * (0.25 + 0.3 * random());
      branch(endX, endY, next, width * 0.68, length * 0.8, depth - 1);
    }
  };
  for (const side of [-1, 1]) {
    for (let stem = 0; stem < 5; stem++) {
      const direction = (side > 0 ? 0 : Math.PI) + side * (-1.1 + stem * 0.55);
      branch(side * 0.17, -0.02 + (side < 0 ? 0.03 : 0), direction, 0.04, 0.13, 3);
    }
  }
  for (const [at, value] of vessels) shadow[at] = (shadow[at] as number) + value;
}

/** The letter L in lead, beside the patient's left shoulder. */
function drawMarker(shadow: Float32Array): void {
  for (let row = 30; row < 62; row++) {
    for (let column = 462; column < 484; column++) {
      if (column < 468 || row >= 56) shadow[row * BASE + column] = 1.2;
    }
  }
}

function enlarge(shadow: Float32Array, grain: Grain, number: number): Uint16Array {
  const pixels = new Uint16Array(CHEST_SIDE * CHEST_SIDE);
  const line = new Float32Array(BASE + 1);
  for (let row = 0; row < CHEST_SIDE; row++) {
    const y = Math.min(BASE - 1.001, Math.max(0, (row + 0.5) / ENLARGEMENT - 0.5));
    const above = (y | 0) * BASE;
    const below = y - (y | 0);
    for (let column = 0; column < BASE; column++) {
      const upper = shadow[above + column] as number;
      line[column] = upper + ((shadow[above + BASE + column] as number) - upper) * below;
    }
    line[BASE] = line[BASE - 1] as number;
    let at = row * CHEST_SIDE;
    let grainAt = number * 7919 + row * 4391;
    for (let column = 0; column < BASE; column++) {
      let value = 130 + 3500 * (line[column] as number);
      const step = (3500 * ((line[column + 1] as number) - (line[column] as number))) / ENLARGEMENT;
      // More noise where fewer photons come through.
      const noise = 14 + value / 200;
      for (const end = at + ENLARGEMENT; at < end; at++, grainAt++, value += step) {
        const noisy = value + grain.at(grainAt) * noise;
        pixels[at] = noisy < 0 ? 0 : noisy > MAX_VALUE ? MAX_VALUE : noisy;
      }
    }
  }
  return pixels;
}

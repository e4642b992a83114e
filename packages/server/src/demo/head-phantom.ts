import { brainStructures, faceStructures } from './head-structures.ts';
import type { Structure } from './head-structures.ts';
import { SmoothTile, TILE_SIDE } from './noise.ts';
import { Tissue } from './tissue.ts';

/** A section across the head, seen from the feet as images are: the patient's left is on the right. */
export interface Section {
  readonly columns: number;
  readonly rows: number;
  readonly spacingMm: number;
  readonly z: number;
}

/** Half axes of the skin at its widest, in mm; each layer below has the same centre and ends lower. */
const HEAD = { x: 77, y: 97, top: 81, bottom: 150 };
const SCALP_MM = 5.5;
const SKULL_MM = 7;
/** Below this height brain gives way to the face from the front backwards. */
const FACE_BEGINS_Z = -30;
const NOISE_SAMPLES_PER_MM = 2.4;

/**
 * A head made of ellipsoids and noise: scalp, skull with its marrow, sulci and gyri, ventricles, deep nuclei, eyes,
 * sinuses, and a haemorrhage with oedema in the left hemisphere. It resembles a head and is nobody's.
 */
export class HeadPhantom {
  readonly #folds: readonly [SmoothTile, SmoothTile];

  constructor(seed: number) {
    this.#folds = [new SmoothTile(seed + 1, 16), new SmoothTile(seed + 2, 32)];
  }

  /** Tissue at each pixel, rows x columns. */
  section(section: Section): Uint8Array {
    const labels = new Uint8Array(section.rows * section.columns);
    this.#paintShells(labels, section);
    if (section.z < -12) this.#paintNose(labels, section);
    for (const structure of brainStructures) this.#paint(labels, section, structure);
    for (const structure of faceStructures) this.#paint(labels, section, structure);
    paintHeadRest(labels, section);
    return labels;
  }

  #fold(tile: 0 | 1, x: number, y: number, z: number): number {
    const noise = this.#folds[tile];
    const across = (x * NOISE_SAMPLES_PER_MM + z * 1.7 + 4 * TILE_SIDE) | 0;
    const down = (y * NOISE_SAMPLES_PER_MM + z * 0.9 + 4 * TILE_SIDE) | 0;
    // A second look elsewhere in the tile, moving the other way: sections change shape and do not only slide.
    return noise.at(across, down) + noise.at(across + 97 - ((z * 3) | 0), down + 41);
  }

  #paintShells(labels: Uint8Array, { columns, rows, spacingMm, z }: Section): void {
    // Taken out of the table once: this loop visits each pixel.
    const { skin: skinTissue, fat: fatTissue, compactBone, spongyBone } = Tissue;
    const skin = shell(z, 0);
    const fat = shell(z, 1.8);
    const skull = shell(z, SCALP_MM);
    const marrow = shell(z, SCALP_MM + 2);
    const inner = shell(z, SCALP_MM + SKULL_MM - 2);
    const brain = shell(z, SCALP_MM + SKULL_MM);
    if (skin === undefined) return;
    for (let row = 0; row < rows; row++) {
      const y = (row - (rows - 1) / 2) * spacingMm;
      if (Math.abs(y) > skin.y) continue;
      for (let column = 0; column < columns; column++) {
        const across = (column - (columns - 1) / 2) * spacingMm;
        // Heads are wider at the back.
        const x = across / (1 + 0.0011 * y);
        if (!inside(skin, x, y)) continue;
        let tissue: Tissue = skinTissue;
        if (brain !== undefined && inside(brain, x, y)) tissue = this.#brainAt(brain, x, y, z);
        else if (inner !== undefined && inside(inner, x, y)) tissue = compactBone;
        else if (marrow !== undefined && inside(marrow, x, y)) tissue = spongyBone;
        else if (skull !== undefined && inside(skull, x, y)) tissue = compactBone;
        else if (fat !== undefined && inside(fat, x, y)) tissue = fatTissue;
        labels[row * columns + column] = tissue;
      }
    }
  }

  #brainAt(brain: Ellipse, x: number, y: number, z: number): Tissue {
    if (z < FACE_BEGINS_Z) {
      const front = -78 + (FACE_BEGINS_Z - z) * 2.1 + Math.abs(x) * (z < -42 ? -0.75 : 0.1);
      if (y < front - 2.5) return this.#fold(0, x, y, z) > 0.35 ? Tissue.fat : Tissue.muscle;
      if (y < front) return Tissue.compactBone;
    }
    const reach = x * x * brain.perX + y * y * brain.perY;
    if (reach > 0.965) return Tissue.cerebrospinalFluid;
    const folds = this.#fold(0, x, y, z);
    const isCerebellum = z < -14 && y > 20 - (z + 14) * 0.2;
    if (isCerebellum) {
      const folia = Math.sin(y * 1.5 + Math.abs(x) * 0.8 + folds * 2);
      if (Math.abs(x) < 1.5 && y > 50) return Tissue.cerebrospinalFluid;
      return folia > 0.1 || reach > 0.75 ? Tissue.greyMatter : Tissue.whiteMatter;
    }
    // The falx between the hemispheres, in its fluid.
    if (z > -16 && (z > 34 || y < -36 || y > 42)) {
      const aside = Math.abs(x + folds * 0.6);
      if (aside < 0.8) return Tissue.muscle;
      if (aside < 1.9) return Tissue.cerebrospinalFluid;
    }
    // Sylvian fissures.
    if (Math.abs(z - 2) < 16 && Math.abs(Math.abs(x) - 49 - folds * 3) < 11 - Math.abs(z) * 0.3) {
      if (Math.abs(y + 8 + folds * 4 + (Math.abs(x) - 49) * 0.5) < 1.7) return Tissue.cerebrospinalFluid;
    }
    // A sulcus runs where the hills of the noise turn into valleys: a curved line that ends nowhere abruptly.
    const depth = Math.max(0, (reach - 0.52) / 0.48);
    const sulcus = Math.abs(folds);
    if (sulcus < 0.16 * depth * depth) return Tissue.cerebrospinalFluid;
    const midline = Math.abs(x) < 6 && z > 26 ? 0.35 : 0;
    const cortex = reach + 0.12 * this.#fold(1, x, y, z) + midline;
    return cortex > 0.8 || sulcus < 0.42 * depth ? Tissue.greyMatter : Tissue.whiteMatter;
  }

  #paintNose(labels: Uint8Array, section: Section): void {
    const nose: Structure = { tissue: Tissue.skin, centre: [0, -98, -62], radii: [12, 18, 26] };
    const ear: Structure = {
      tissue: Tissue.skin,
      centre: [80, 8, -46],
      radii: [5, 15, 26],
      turn: -24,
      paired: true,
    };
    this.#paint(labels, section, nose, true);
    this.#paint(labels, section, ear, true);
  }

  #paint(labels: Uint8Array, section: Section, structure: Structure, onlyAir = false): void {
    const { centre, radii, turn = 0, paired = false, ragged = 0 } = structure;
    const above = (section.z - centre[2]) / radii[2];
    if (above * above >= 1) return;
    const scale = Math.sqrt(1 - above * above);
    const { columns, rows, spacingMm, z } = section;
    for (const side of paired ? [1, -1] : [1]) {
      const cosine = Math.cos((turn * Math.PI) / 180);
      const sine = Math.sin((turn * side * Math.PI) / 180);
      const reach = Math.max(radii[0], radii[1]) * scale * (1 + ragged);
      const [left, right] = pixels(centre[0] * side, reach, columns, spacingMm);
      const [top, bottom] = pixels(centre[1], reach, rows, spacingMm);
      for (let row = top; row <= bottom; row++) {
        const y = (row - (rows - 1) / 2) * spacingMm;
        for (let column = left; column <= right; column++) {
          const x = (column - (columns - 1) / 2) * spacingMm;
          const fromX = x - centre[0] * side;
          const fromY = y - centre[1];
          const along = (fromX * cosine + fromY * sine) / (radii[0] * scale);
          const across = (fromY * cosine - fromX * sine) / (radii[1] * scale);
          const edge = ragged === 0 ? 1 : 1 + ragged * this.#fold(1, x * 1.6, y * 1.6, z);
          if (along * along + across * across > edge) continue;
          const at = row * columns + column;
          if (onlyAir && labels[at] !== Tissue.air) continue;
          // Nothing in the head reaches through the skull.
          if (
            !onlyAir &&
            (labels[at] === Tissue.air || labels[at] === Tissue.skin) &&
            structure.tissue !== Tissue.air
          ) {
            continue;
          }
          labels[at] = structure.tissue;
        }
      }
    }
  }
}

/** Half axes, and the inverses of their squares: pixels are asked millions of times whether they are inside. */
interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly perX: number;
  readonly perY: number;
}

/** Section of a layer `depthMm` under the skin; undefined above its top. */
function shell(z: number, depthMm: number): Ellipse | undefined {
  const height = z > 0 ? z / (HEAD.top - depthMm) : z / HEAD.bottom;
  if (height >= 1) return undefined;
  const scale = Math.sqrt(1 - Math.abs(height) ** 2.3);
  const x = (HEAD.x - depthMm) * scale;
  const y = (HEAD.y - depthMm) * scale;
  return { x, y, perX: 1 / (x * x), perY: 1 / (y * y) };
}

const inside = (ellipse: Ellipse, x: number, y: number): boolean =>
  x * x * ellipse.perX + y * y * ellipse.perY <= 1;

/** First and last pixel of a stretch about a centre, both in mm. */
function pixels(centre: number, reach: number, count: number, spacingMm: number): [number, number] {
  const at = (mm: number): number => mm / spacingMm + (count - 1) / 2;
  const first = Math.max(0, Math.floor(at(centre - reach)));
  return [first, Math.min(count - 1, Math.ceil(at(centre + reach)))];
}

const REST_ARCS_MM = [
  [110, 112],
  [117, 118.5],
] as const;
const REST_CENTRE_Y_MM = -8;
/** The bowl reaches up this far, as a part of the rows. */
const REST_BEGINS = 0.66;

/** The bowl the head lies in: two thin arcs behind it. */
function paintHeadRest(labels: Uint8Array, { columns, rows, spacingMm }: Section): void {
  for (const [inner, outer] of REST_ARCS_MM) {
    for (let column = 0; column < columns; column++) {
      const x = (column - (columns - 1) / 2) * spacingMm * 1.05;
      if (Math.abs(x) > inner) continue;
      const [first, last] = [inner, outer].map((radius) => {
        const y = Math.sqrt(radius * radius - x * x) + REST_CENTRE_Y_MM;
        return Math.round(y / spacingMm + (rows - 1) / 2);
      }) as [number, number];
      if (first < REST_BEGINS * rows) continue;
      for (let row = first; row < Math.min(last, rows); row++) {
        const at = row * columns + column;
        if (labels[at] === Tissue.air) labels[at] = Tissue.headRest;
      }
    }
  }
}

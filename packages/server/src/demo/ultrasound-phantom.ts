import { SmoothTile } from './noise.ts';

export const CINE_COLUMNS = 320;
export const CINE_ROWS = 240;
export const CINE_FRAMES = 30;
/** One heart beat in 30 frames of 33 ms. */
export const CINE_FRAME_TIME_MS = 33;
/** The sector, in pixels: apex, depth, half opening angle. */
export const SECTOR = { apexX: 150, apexY: 14, depth: 206, halfAngle: 0.68 } as const;
/** Depth shown, in centimetres. */
export const SECTOR_DEPTH_CM = 16;

interface Place {
  readonly at: number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly angle: number;
}

/**
 * An echocardiogram: four chambers that beat, with colour flow through the mitral valve, a grey bar and an ECG.
 * RGB, 8 bits, colour by pixel, CINE_FRAMES x CINE_ROWS x CINE_COLUMNS x 3.
 */
export function ultrasoundCine(seed: number): Uint8Array {
  const speckle = new SmoothTile(seed + 7, 4);
  const fine = new SmoothTile(seed + 8, 2);
  const places = sectorPlaces();
  const frameBytes = CINE_ROWS * CINE_COLUMNS * 3;
  const frames = new Uint8Array(CINE_FRAMES * frameBytes);
  for (let frame = 0; frame < CINE_FRAMES; frame++) {
    const phase = frame / CINE_FRAMES;
    const image = frames.subarray(frame * frameBytes, (frame + 1) * frameBytes);
    // Fast in systole, slow in diastole: 0 is wide, 1 is tight.
    const squeeze =
      phase < 0.35
        ? Math.sin((phase / 0.35) * (Math.PI / 2))
        : Math.cos(((phase - 0.35) / 0.65) * (Math.PI / 2));
    for (const place of places) drawPlace(image, place, squeeze, phase, speckle, fine);
    drawBars(image);
    drawECG(image, phase);
  }
  return frames;
}

function sectorPlaces(): Place[] {
  const places: Place[] = [];
  for (let y = 0; y < CINE_ROWS; y++) {
    for (let x = 0; x < CINE_COLUMNS; x++) {
      const radius = Math.hypot(x - SECTOR.apexX, y - SECTOR.apexY);
      const angle = Math.atan2(x - SECTOR.apexX, y - SECTOR.apexY);
      if (radius < 6 || radius > SECTOR.depth || Math.abs(angle) > SECTOR.halfAngle) continue;
      places.push({ at: (y * CINE_COLUMNS + x) * 3, x, y, radius, angle });
    }
  }
  return places;
}

interface Chamber {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
  readonly turn: number;
  /** How much it shrinks when the ventricles squeeze; atria swell. */
  readonly shrinks: number;
}

/** Apical view: ventricles above, atria below; the left heart on the right. */
const chambers: readonly Chamber[] = [
  { x: 172, y: 92, rx: 25, ry: 48, turn: 0.12, shrinks: 0.32 },
  { x: 116, y: 98, rx: 19, ry: 38, turn: -0.25, shrinks: 0.25 },
  { x: 180, y: 172, rx: 27, ry: 24, turn: 0, shrinks: -0.16 },
  { x: 116, y: 166, rx: 23, ry: 22, turn: 0, shrinks: -0.14 },
];

/** Least normalised distance to a chamber: below 1 is blood, a little above is wall. */
function chamberDistance(x: number, y: number, squeeze: number): number {
  let least = 9;
  for (const chamber of chambers) {
    const scale = 1 - chamber.shrinks * squeeze;
    const fromX = x - chamber.x;
    const fromY = y - chamber.y;
    const along = (fromX + fromY * chamber.turn) / (chamber.rx * scale);
    const across = (fromY - fromX * chamber.turn) / (chamber.ry * (1 - chamber.shrinks * 0.4 * squeeze));
    least = Math.min(least, Math.sqrt(along * along + across * across));
  }
  return least;
}

function drawPlace(
  image: Uint8Array,
  place: Place,
  squeeze: number,
  phase: number,
  speckle: SmoothTile,
  fine: SmoothTile,
): void {
  const { at, x, y, radius, angle } = place;
  const distance = chamberDistance(x, y, squeeze);
  const across = ((angle + 1) * 150) | 0;
  // Speckle moves a little with the walls and is drawn along the beams, so it widens with depth.
  const along = (radius * 0.9 + squeeze * 3) | 0;
  const grain = 0.62 + 0.5 * speckle.at(across, along) + 0.45 * fine.at(across * 2, along * 2);
  const blood = 8 + 10 * Math.max(0, grain - 0.7);
  const wall = distance < 1.18 ? 205 : distance < 1.5 ? 135 : 88;
  const pericardium = Math.abs(distance - 1.62) < 0.06 ? 80 : 0;
  const fading = 1.1 - (0.55 * radius) / SECTOR.depth;
  const blend = Math.min(1, Math.max(0, (distance - 0.94) / 0.1));
  const grey = Math.min(
    255,
    Math.max(0, (blood + (wall + pericardium - blood) * blend) * grain * fading + 4),
  );
  image[at] = grey;
  image[at + 1] = grey;
  image[at + 2] = grey;
  if (distance < 0.93) drawFlow(image, at, x, y, phase, grain);
}

/** Colour flow: red towards the transducer, blue away from it, in the left heart alone. */
function drawFlow(image: Uint8Array, at: number, x: number, y: number, phase: number, grain: number): void {
  const filling = phase > 0.45 && phase < 0.9 ? Math.sin(((phase - 0.45) / 0.45) * Math.PI) : 0;
  const emptying = phase > 0.05 && phase < 0.35 ? Math.sin(((phase - 0.05) / 0.3) * Math.PI) : 0;
  const jet =
    Math.max(0, 1 - ((x - 176 + (y - 150) * 0.08) / 13) ** 2) * Math.max(0, 1 - ((y - 132) / 46) ** 2);
  const outflow = Math.max(0, 1 - ((x - 158) / 9) ** 2) * Math.max(0, 1 - ((y - 120) / 34) ** 2);
  const speed = Math.max(filling * jet, 0);
  const away = emptying * outflow;
  if (speed > 0.12) {
    image[at] = Math.min(255, 120 + 130 * speed);
    image[at + 1] = Math.min(255, 190 * speed * speed * grain);
    image[at + 2] = 10;
  } else if (away > 0.12) {
    image[at] = 10;
    image[at + 1] = Math.min(255, 170 * away * away * grain);
    image[at + 2] = Math.min(255, 120 + 130 * away);
  }
}

function drawBars(image: Uint8Array): void {
  for (let y = 30; y < 110; y++) {
    const level = (110 - y) / 80;
    for (let x = 300; x < 308; x++) {
      const grey = (y * CINE_COLUMNS + x) * 3;
      image.fill(Math.round(255 * level), grey, grey + 3);
      const colour = ((y + 90) * CINE_COLUMNS + x) * 3;
      const towards = level > 0.5 ? (level - 0.5) * 2 : 0;
      const away = level < 0.5 ? (0.5 - level) * 2 : 0;
      image.set([255 * Math.sqrt(towards), 180 * (towards ** 3 + away ** 3), 255 * Math.sqrt(away)], colour);
    }
  }
}

/** Two beats of ECG along the foot, drawn up to where the frame is. */
function drawECG(image: Uint8Array, phase: number): void {
  const wave = (t: number): number => {
    const bump = (centre: number, width: number, height: number): number =>
      height * Math.exp(-(((t - centre) / width) ** 2));
    return (
      bump(0.88, 0.035, 2.5) -
      bump(0.985, 0.01, 2) +
      bump(0.005, 0.012, 13) -
      bump(0.03, 0.012, 4) +
      bump(0.3, 0.06, 4)
    );
  };
  let before = 226;
  for (let x = 12; x < 290; x++) {
    const t = ((x - 12) / 139 + 0.4) % 1;
    const y = Math.round(228 - wave(t));
    for (let row = Math.min(y, before); row <= Math.max(y, before); row++) {
      image.set([60, 220, 90], (row * CINE_COLUMNS + x) * 3);
    }
    before = y;
  }
  const now = 12 + Math.round(((phase + 0.6) % 1) * 139) + 139;
  for (let row = 212; row < 236; row++) {
    if (now < 290) image.set([230, 200, 60], (row * CINE_COLUMNS + now) * 3);
  }
}

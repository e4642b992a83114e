import { type PlantedSystem, plantedBefore } from '../../auditor/study-2019.ts';

/** So many addresses from a /16 of loopback on, as few blocks as that takes: the same for every program. */
export interface AuditedNet {
  readonly blocks: readonly string[];
  readonly addresses: readonly string[];
  readonly systems: readonly PlantedSystem[];
}

/** First /16 of the bench; each net has one of its own, so that no closed port of one is remembered for another. */
const FIRST_NET = 0x7f640000;
const NET_SIZE = 0x10000;

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/**
 * A net with systems spread evenly over it. They are of the study of 2019 in its proportions: a quarter open, the
 * others closed in the ways of that time, one in thirteen a trap.
 */
export function auditedNet(position: number, size: number, systems: number): AuditedNet {
  const first = FIRST_NET + position * NET_SIZE;
  const addresses = Array.from({ length: size }, (_, at) => dotted(first + at));
  const models = plantedBefore().filter(({ form }) => form !== 'absent' && form !== 'viewer');
  const planted = Array.from({ length: systems }, (_, at): PlantedSystem | undefined => {
    const model = models[Math.floor(((at + 0.5) * models.length) / systems)];
    const address = addresses[Math.floor(((at + 0.5) * size) / systems)];
    return model === undefined || address === undefined ? undefined : { ...model, address };
  });
  return { blocks: blocksOf(first, size), addresses, systems: planted.filter((each) => each !== undefined) };
}

/** Blocks of falling size that are exactly these addresses: 2,300 are a /21, a /25, a /26, a /27, a /28, a /29, a /30. */
function blocksOf(first: number, size: number): string[] {
  const blocks: string[] = [];
  for (let bits = 16, at = first; bits >= 0; bits--) {
    if ((size & (1 << bits)) === 0) continue;
    blocks.push(`${dotted(at)}/${32 - bits}`);
    at += 1 << bits;
  }
  return blocks;
}

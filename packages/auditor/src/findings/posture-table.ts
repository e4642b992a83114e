import { speaksDICOM } from './access-class.ts';
import { compareText } from './exposure-table.ts';
import type { ScanReport, SystemRecord } from './report-data.ts';

/** A part of a whole, both exact; the percentage is for whoever prints it. */
export interface Share {
  readonly part: number;
  readonly whole: number;
}

export interface ProductShare extends Share {
  readonly product: string;
  /** Undefined: seen without a version. */
  readonly version: string | undefined;
}

/** Systems configured identically: one installer, one image, one mistake. */
export interface CloneCluster {
  readonly group: string;
  readonly systems: number;
  readonly countries: number;
  readonly product: string | undefined;
}

/** Table T5. */
export interface PostureTable {
  /** Systems with a DICOM port over TLS, of those that speak DICOM. */
  readonly tls: Share;
  /** Systems on which any AE title may associate (A2), of those that answered DICOM (A1). */
  readonly titleUnchecked: Share;
  /** Systems whose product is known, of all real systems. */
  readonly productKnown: Share;
  readonly products: readonly ProductShare[];
  readonly clones: readonly CloneCluster[];
  /** Systems that are in some cluster, of all real systems. */
  readonly cloned: Share;
}

/** T5: posture of all systems that are not honeypots. */
export function postureTable({ systems }: ScanReport): PostureTable {
  const real = systems.filter(({ isHoneypot }) => !isHoneypot);
  const clones = cloneClusters(real);
  return {
    tls: share(real.filter(speaksDICOM), ({ openPorts }) =>
      openPorts.some(({ protocol }) => protocol === 'dicom-tls'),
    ),
    titleUnchecked: share(
      real.filter(({ accessClasses }) => accessClasses.includes('A1')),
      ({ accessClasses }) => accessClasses.includes('A2'),
    ),
    productKnown: share(real, ({ product }) => product !== undefined),
    products: productShares(real),
    clones,
    cloned: { part: clones.reduce((sum, { systems: size }) => sum + size, 0), whole: real.length },
  };
}

function share(systems: readonly SystemRecord[], has: (system: SystemRecord) => boolean): Share {
  return { part: systems.filter(has).length, whole: systems.length };
}

/** Every product and version seen, the most frequent first. */
function productShares(systems: readonly SystemRecord[]): ProductShare[] {
  const tallies = new Map<string, { product: string; version: string | undefined; part: number }>();
  for (const { product } of systems) {
    if (product === undefined) continue;
    const key = JSON.stringify([product.name, product.version]);
    const tally = tallies.get(key) ?? { product: product.name, version: product.version, part: 0 };
    tally.part++;
    tallies.set(key, tally);
  }
  return [...tallies.values()]
    .map((tally) => ({ ...tally, whole: systems.length }))
    .sort(
      (a, b) =>
        b.part - a.part || compareText(a.product, b.product) || compareText(a.version ?? '', b.version ?? ''),
    );
}

/** A cluster is two systems or more. */
const clusterSizeMin = 2;

function cloneClusters(systems: readonly SystemRecord[]): CloneCluster[] {
  const members = new Map<string, SystemRecord[]>();
  for (const system of systems) {
    if (system.cloneGroup === undefined) continue;
    const group = members.get(system.cloneGroup) ?? [];
    group.push(system);
    members.set(system.cloneGroup, group);
  }
  return [...members]
    .filter(([, group]) => group.length >= clusterSizeMin)
    .map(([group, list]) => ({
      group,
      systems: list.length,
      countries: new Set(list.flatMap(({ country }) => country ?? [])).size,
      product: list.find(({ product }) => product !== undefined)?.product?.name,
    }))
    .sort((a, b) => b.systems - a.systems || compareText(a.group, b.group));
}

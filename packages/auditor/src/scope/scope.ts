import { createHash } from 'node:crypto';
import type { OptIn, ScanScope } from '../findings/index.ts';
import { addressKind, blockHolds, formatAddress, parseAddress, parseBlock } from './address.ts';
import type { Block } from './address.ts';
import { BlockTable } from './block-table.ts';
import type { BlockEntry } from './block-table.ts';
import { MODALITY_SAFE } from './limits.ts';
import { ScopeError } from './scope-error.ts';
import type { ReadScope } from './read-scope.ts';
import type { AttestationKey, RangeFile, ScopeFile } from './scope-schema.ts';

/** Who answers for an address. */
export interface Ownership {
  readonly owner: string;
  readonly site?: string;
  readonly country?: string;
  /** The name that was resolved to this address, when the scope named it. */
  readonly hostName?: string;
  readonly calledAETitles: readonly string[];
}

export interface Target extends Ownership {
  /** Position in the walk through the scope; the journal counts with it. */
  readonly index: number;
  readonly address: string;
}

/** A block of the scope with its owner; a resolved name is a block of one. */
export interface ScopeBlock extends Ownership {
  readonly block: Block;
}

export interface Rates {
  readonly hostsPerSecond: number;
  readonly connectionsPerHost: number;
  readonly associationsPerHost: number;
  readonly countingCap: number;
  readonly halfPduWaitSeconds: number;
}

/** In the table of blocks: never contacted, whatever the ranges say. */
const EXCLUDED = 'excluded';

const MINUTE_MS = 60_000;

const optInKeys: Readonly<Record<OptIn, keyof ScopeFile['opt-in']>> = {
  counting: 'counting',
  defaultLogins: 'default-logins',
  idleSockets: 'idle-sockets',
  absurdLength: 'absurd-length',
  hl7Message: 'hl7-message',
  shareContent: 'share-content',
  attestation: 'attestation',
};

/**
 * What may be contacted, when and how fast. Frozen: nothing that a target says can widen it. The transport asks
 * `refusal` before every single connection.
 */
export class Scope {
  readonly hash: string;
  readonly #read: ReadScope;
  readonly #file: ScopeFile;
  readonly #blocks: readonly ScopeBlock[];
  readonly #table: BlockTable<ScopeBlock | typeof EXCLUDED>;
  readonly #ports: ReadonlySet<number>;
  readonly rates: Rates;
  /** What was asked last: a sweep asks of the same address port by port, and of the same minute thousands of times. */
  #lastAddress: { readonly text: string; readonly ownership: Ownership | undefined } | undefined;
  #lastMinute: { readonly minute: number; readonly refusal: string | undefined } | undefined;

  constructor(read: ReadScope, blocks: readonly ScopeBlock[]) {
    this.hash = read.hash;
    this.#read = read;
    this.#file = read.file;
    this.#blocks = blocks;
    const excluded = read.file.exclude.flatMap((text) => parseBlock(text) ?? []);
    this.#table = new BlockTable<ScopeBlock | typeof EXCLUDED>([
      ...excluded.map((block): BlockEntry<typeof EXCLUDED> => ({ block, value: EXCLUDED })),
      ...blocks.map((one) => ({ block: one.block, value: one })),
    ]);
    this.#ports = new Set(read.file.ports);
    this.rates = ratesOf(read.file);
  }

  get isModalitySafe(): boolean {
    return this.#file['modality-safe'];
  }

  get ports(): readonly number[] {
    return this.#file.ports;
  }

  /**
   * The same scope for some of its ports. Its hash is another: a run that asked less is not to be resumed by, nor
   * compared as, one that asked more. Throws ScopeError for a port that the file does not name.
   */
  withPorts(ports: readonly number[]): Scope {
    const outside = ports.find((port) => !this.#ports.has(port));
    if (outside !== undefined) {
      throw new ScopeError(
        'PORT_OUTSIDE',
        `port ${outside} is not in the scope: add it to ports in the scope file`,
      );
    }
    const sorted = [...new Set(ports)].sort((a, b) => a - b);
    const hash = createHash('sha256')
      .update(`${this.hash} ports ${sorted.join(' ')}`)
      .digest('hex');
    return new Scope({ ...this.#read, hash, file: { ...this.#file, ports: sorted } }, this.#blocks);
  }

  get blocks(): readonly ScopeBlock[] {
    return this.#blocks;
  }

  /** Addresses the walk will visit, exclusions not subtracted. */
  get addressCount(): number {
    return this.#blocks.reduce((sum, { block }) => sum + Number(block.last - block.first) + 1, 0);
  }

  /** Whom to call about this run. */
  get contact(): string {
    return this.#file.contact;
  }

  /** What a report says about its scope. */
  get summary(): ScanScope {
    const { owner, contact, operator } = this.#file;
    const mandate = this.#file['cert-mandate'];
    return {
      hash: this.hash,
      owner,
      contact,
      notBefore: this.#file['not-before'],
      notAfter: this.#file['not-after'],
      operator,
      ...(mandate === undefined ? {} : { certMandate: mandate }),
    };
  }

  isOptedIn(optIn: OptIn): boolean {
    // Whoever answers the questions of governance wants them asked.
    if (optIn === 'attestation' && Object.keys(this.#file.attestations).length > 0) return true;
    return this.#file['opt-in'][optInKeys[optIn]];
  }

  /** What the operator says about something that cannot be seen from outside; undefined when unanswered. */
  attested(key: AttestationKey): boolean | undefined {
    return this.#file.attestations[key];
  }

  /** What the operator says is spoken on a port that has no well-known meaning. */
  protocolOf(port: number): string | undefined {
    return this.#file.protocols[String(port)];
  }

  /** Owner and site of an address, or undefined outside the scope. */
  ownershipOf(addressText: string): Ownership | undefined {
    if (this.#lastAddress?.text === addressText) return this.#lastAddress.ownership;
    const address = parseAddress(addressText);
    const found = address === undefined ? undefined : this.#table.find(address);
    const ownership = found === EXCLUDED ? undefined : found;
    this.#lastAddress = { text: addressText, ownership };
    return ownership;
  }

  /** Why this address and port may not be contacted at this moment, or undefined if it may. */
  refusal(address: string, port: number, now: Date): string | undefined {
    if (this.ownershipOf(address) === undefined) return 'the address is outside the scope';
    if (!this.#ports.has(port)) return 'the port is not in the scope';
    return this.timeRefusal(now);
  }

  /** Why nothing may be sent at this moment, or undefined if it may. Days are UTC, the window is local time. */
  timeRefusal(now: Date): string | undefined {
    const minute = Math.floor(now.getTime() / MINUTE_MS);
    if (this.#lastMinute?.minute === minute) return this.#lastMinute.refusal;
    const refusal = this.#timeRefusal(now);
    this.#lastMinute = { minute, refusal };
    return refusal;
  }

  #timeRefusal(now: Date): string | undefined {
    const today = now.toISOString().slice(0, 10);
    if (today < this.#file['not-before'])
      return `the scope is not in force before ${this.#file['not-before']}`;
    if (today > this.#file['not-after']) return `the scope ended on ${this.#file['not-after']}`;
    const { window } = this.#file;
    if (window === undefined) return undefined;
    const clock = `${String(now.getHours()).padStart(2, '0')}:${String(now.getMinutes()).padStart(2, '0')}`;
    const { from, to } = window;
    const isInside = from <= to ? from <= clock && clock < to : clock >= from || clock < to;
    return isInside ? undefined : `outside the daily window ${from} to ${to}`;
  }

  /** For how long an answer of `timeRefusal` holds, milliseconds: days and windows begin and end with a minute. */
  timeHoldsMs(now: Date): number {
    return MINUTE_MS - (now.getTime() % MINUTE_MS);
  }

  /** Every address once, in the order of the file, one at a time: a /12 takes no more memory than a /32. */
  *targets(): Generator<Target> {
    let index = 0;
    for (const scopeBlock of this.#blocks) {
      const { block, ...ownership } = scopeBlock;
      for (let value = block.first; value <= block.last; value += 1n, index++) {
        // Excluded ones are nobody's, and what an earlier block holds was visited with it.
        if (this.#table.find({ family: block.family, value }) !== scopeBlock) continue;
        yield { ...ownership, index, address: formatAddress(block.family, value) };
      }
    }
  }
}

function ratesOf(file: ScopeFile): Rates {
  const { rates } = file;
  const given = {
    hostsPerSecond: rates['hosts-per-second'],
    connectionsPerHost: rates['connections-per-host'],
    associationsPerHost: rates['associations-per-host'],
    countingCap: rates['counting-cap'],
    halfPduWaitSeconds: rates['half-pdu-wait-seconds'],
  };
  if (!file['modality-safe']) return given;
  return {
    ...given,
    hostsPerSecond: Math.min(given.hostsPerSecond, MODALITY_SAFE.hostsPerSecond),
    connectionsPerHost: Math.min(given.connectionsPerHost, MODALITY_SAFE.connectionsPerHost),
    associationsPerHost: Math.min(given.associationsPerHost, MODALITY_SAFE.associationsPerHost),
    halfPduWaitSeconds: 0,
  };
}

/** Owner, site and country of a range; the file's owner where the range names none. */
export function ownershipOfRange(range: RangeFile, file: ScopeFile): Ownership {
  return {
    owner: range.owner ?? file.owner,
    calledAETitles: range['called-ae-titles'],
    ...(range.site === undefined ? {} : { site: range.site }),
    ...(range.country === undefined ? {} : { country: range.country }),
  };
}

/** The address of a name that was resolved: private ones count only when a cidr of the scope names them too. */
export function judgeResolved(
  name: string,
  addressText: string,
  range: RangeFile,
  file: ScopeFile,
  key: string,
): Block {
  const block = parseBlock(addressText);
  const address = parseAddress(addressText);
  if (block === undefined || address === undefined) {
    throw new ScopeError('NAME_UNRESOLVED', `${name} resolves to no address`, { key });
  }
  const kind = addressKind(address);
  if (kind === 'public' && !range['owner-attests']) {
    throw new ScopeError(
      'RANGE_NOT_ATTESTED',
      `${name} is public: set owner-attests = true if its owner allowed this`,
      { key },
    );
  }
  const isNamed =
    parseAddress(name) !== undefined ||
    name === 'localhost' ||
    file.range.some(({ cidr }) => {
      const other = cidr === undefined ? undefined : parseBlock(cidr);
      return other !== undefined && blockHolds(other, address);
    });
  if (kind === 'reserved' || (kind !== 'public' && !isNamed)) {
    // A name under somebody else's control must not lead the auditor into an internal network.
    throw new ScopeError(
      'NAME_PRIVATE',
      `${name} resolves to a ${kind} address: name that address with cidr`,
      { key },
    );
  }
  return block;
}

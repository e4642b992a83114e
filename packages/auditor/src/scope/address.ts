import { isIPv4, isIPv6 } from 'node:net';

/** An address as a number: 32 bits in family 4, 128 bits in family 6. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** First and last address of a block, both included. */
export interface Block {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  readonly prefixLength: number;
}

export type AddressKind = 'loopback' | 'private' | 'public' | 'reserved';

const BITS = { 4: 32, 6: 128 } as const;
/** ::ffff:0:0/96 holds IPv4 addresses; they are the same hosts and are treated as such. */
const MAPPED_PREFIX = 0xffffn << 32n;

function ipv4Value(text: string): bigint {
  let value = 0n;
  for (const part of text.split('.')) value = value * 256n + BigInt(Number(part));
  return value;
}

function ipv6Value(text: string): bigint {
  // A dotted tail is two groups.
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = dotted === null ? 0n : ipv4Value(dotted[2] ?? '');
  const plain =
    dotted === null
      ? text
      : `${dotted[1] ?? ''}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const [head = '', rest] = plain.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = rest === undefined ? [] : groups(rest);
  const zeros = rest === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  let value = 0n;
  for (const group of [...left, ...zeros, ...right]) value = (value << 16n) | BigInt(`0x${group}`);
  return value;
}

/** An IPv4 or IPv6 address without zone; undefined for anything else. IPv4-mapped IPv6 becomes IPv4. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, value: ipv4Value(text) };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const value = ipv6Value(text);
  if (value >> 32n === MAPPED_PREFIX >> 32n) return { family: 4, value: value & 0xffffffffn };
  return { family: 6, value };
}

/** Dotted decimal, or eight hexadecimal groups with the longest run of zeros shortened (RFC 5952). */
export function formatAddress(family: 4 | 6, value: bigint): string {
  if (family === 4) {
    const number = Number(value);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
  }
  const groups: string[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(((value >> shift) & 0xffffn).toString(16));
  const runs = [...groups.join(':').matchAll(/\b0(:0)+\b/g)];
  const longest = runs.reduce((best, run) => (run[0].length > best.length ? run[0] : best), '');
  if (longest === '') return groups.join(':');
  const [before = '', after = ''] = splitOnce(groups.join(':'), longest);
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

function splitOnce(text: string, part: string): [string, string] {
  const at = new RegExp(`(?<![0-9a-f])${part}(?![0-9a-f])`).exec(text)?.index ?? 0;
  return [text.slice(0, at), text.slice(at + part.length)];
}

/** `address/length`, or one address. Undefined when it is neither, or when bits are set behind the prefix. */
export function parseBlock(text: string): Block | undefined {
  const [addressText = '', lengthText, ...more] = text.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || more.length > 0) return undefined;
  const bits = BITS[address.family];
  if (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) return undefined;
  const prefixLength = lengthText === undefined ? bits : Number(lengthText);
  if (prefixLength > bits) return undefined;
  const size = 1n << BigInt(bits - prefixLength);
  if (address.value % size !== 0n) return undefined;
  return { family: address.family, first: address.value, last: address.value + size - 1n, prefixLength };
}

export function blockHolds(block: Block, address: Address): boolean {
  return block.family === address.family && block.first <= address.value && address.value <= block.last;
}

const blocksOf = (kind: AddressKind, ...texts: string[]): [Block, AddressKind][] =>
  texts.flatMap((text) => {
    const block = parseBlock(text);
    return block === undefined ? [] : [[block, kind] as [Block, AddressKind]];
  });

/** Special blocks (IANA registries, RFC 6890); what is in none of them is public. Reserved is never contacted. */
const specialBlocks: readonly (readonly [Block, AddressKind])[] = [
  ...blocksOf('loopback', '127.0.0.0/8', '::1/128'),
  ...blocksOf('private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'),
  ...blocksOf('private', 'fc00::/7', 'fe80::/10'),
  ...blocksOf('reserved', '0.0.0.0/8', '224.0.0.0/3', '192.0.0.0/24', '198.18.0.0/15', '::/128', 'ff00::/8'),
];

export function addressKind(address: Address): AddressKind {
  return specialBlocks.find(([block]) => blockHolds(block, address))?.[1] ?? 'public';
}

/** Kinds of all addresses of a block; several when it crosses a border. */
export function blockKinds(block: Block): Set<AddressKind> {
  const kinds = new Set<AddressKind>();
  let covered = 0n;
  for (const [special, kind] of specialBlocks) {
    if (special.family !== block.family || special.last < block.first || special.first > block.last) continue;
    kinds.add(kind);
    const first = special.first > block.first ? special.first : block.first;
    const last = special.last < block.last ? special.last : block.last;
    covered += last - first + 1n;
  }
  if (covered < block.last - block.first + 1n) kinds.add('public');
  return kinds;
}

import { createHash } from 'node:crypto';
import { TomlError, parse } from 'smol-toml';
import type { z } from 'zod';
import { blockKinds, parseBlock } from './address.ts';
import type { Block } from './address.ts';
import { lineOfKey, nearestKey } from './key-lines.ts';
import {
  HOSTS_PER_SECOND_MAX,
  IPV4_PREFIX_MIN,
  IPV6_PREFIX_MIN,
  MODALITY_SAFE,
  SCOPE_FILE_MAX_BYTES,
} from './limits.ts';
import { ScopeError } from './scope-error.ts';
import { knownKeys, scopeSchema } from './scope-schema.ts';
import type { ScopeFile } from './scope-schema.ts';

/** A scope file that has no mistake in itself; names are not resolved yet. */
export interface ReadScope {
  readonly file: ScopeFile;
  /** SHA-256 of the file's bytes, hexadecimal. */
  readonly hash: string;
  readonly text: string;
}

/** Reads and judges a scope file. Throws ScopeError with line and key. */
export function readScope(text: string): ReadScope {
  if (Buffer.byteLength(text) > SCOPE_FILE_MAX_BYTES) {
    throw new ScopeError('TOML_INVALID', `the file is longer than ${SCOPE_FILE_MAX_BYTES} bytes`);
  }
  const parsed = scopeSchema.safeParse(parseToml(text));
  if (!parsed.success) throw firstMistake(text, parsed.error);
  const file = parsed.data;
  judgeDates(text, file);
  judgeRanges(text, file);
  judgeRates(text, file);
  return { file: deepFrozen(file), hash: createHash('sha256').update(text).digest('hex'), text };
}

function parseToml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw new ScopeError('TOML_INVALID', 'the file is no TOML');
    const [reason = 'the file is no TOML'] = error.message
      .replace(/^Invalid TOML document: /, '')
      .split('\n');
    throw new ScopeError('TOML_INVALID', reason, { line: error.line });
  }
}

function firstMistake(text: string, error: z.ZodError): ScopeError {
  const unknown = error.issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown?.code === 'unrecognized_keys') {
    const [key = ''] = unknown.keys;
    const path = [...unknown.path, key];
    const near = nearestKey(key, knownKeys(unknown.path));
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    return new ScopeError('KEY_UNKNOWN', `is no key of a scope file${hint}`, {
      line: lineOfKey(text, path),
      key: path.map(String).join('.'),
    });
  }
  const [issue] = error.issues;
  const path = issue?.path ?? [];
  const isMissing = issue?.code === 'invalid_type' && issue.input === undefined;
  const line = lineOfKey(text, path);
  const key = path.map(String).join('.');
  if (isMissing && /received undefined/.test(issue.message)) {
    return new ScopeError('KEY_MISSING', 'is missing', { line, key });
  }
  return new ScopeError('VALUE_INVALID', issue?.message ?? 'is invalid', { line, key });
}

function judgeDates(text: string, file: ScopeFile): void {
  for (const key of ['not-before', 'not-after'] as const) {
    if (Number.isNaN(Date.parse(`${file[key]}T00:00:00Z`))) {
      throw new ScopeError('VALUE_INVALID', 'is no day of the calendar', {
        line: lineOfKey(text, [key]),
        key,
      });
    }
  }
  if (file['not-after'] < file['not-before']) {
    throw new ScopeError('VALUE_INVALID', 'lies before not-before', {
      line: lineOfKey(text, ['not-after']),
      key: 'not-after',
    });
  }
}

function judgeRanges(text: string, file: ScopeFile): void {
  for (const [index, range] of file.range.entries()) {
    const block = range.cidr === undefined ? undefined : parseBlock(range.cidr);
    if (block === undefined) continue;
    const path = ['range', index, 'cidr'];
    const place = { line: lineOfKey(text, path), key: path.join('.') };
    judgeBlock(block, range['owner-attests'], place);
  }
}

/** What may never be a range, whoever attests it. Throws ScopeError. */
export function judgeBlock(
  block: Block,
  ownerAttests: boolean,
  place: { line?: number | undefined; key: string },
): void {
  const shortest = block.family === 4 ? IPV4_PREFIX_MIN : IPV6_PREFIX_MIN;
  if (block.prefixLength < shortest) {
    const what = block.prefixLength === 0 ? 'the whole internet is no scope' : 'the range is too wide';
    throw new ScopeError('RANGE_TOO_WIDE', `${what}: /${shortest} is the widest`, place);
  }
  const kinds = blockKinds(block);
  if (kinds.has('reserved')) {
    throw new ScopeError('RANGE_RESERVED', 'holds addresses that belong to no host', place);
  }
  if (kinds.has('public') && !ownerAttests) {
    throw new ScopeError(
      'RANGE_NOT_ATTESTED',
      'is public: only its owner can allow this; set owner-attests = true in this range if the owner has',
      place,
    );
  }
}

function judgeRates(text: string, file: ScopeFile): void {
  const key = 'rates.hosts-per-second';
  const place = { line: lineOfKey(text, ['rates', 'hosts-per-second']), key };
  const rate = file.rates['hosts-per-second'];
  const onlyLoopback = file.range.every((range) => {
    const block = range.cidr === undefined ? undefined : parseBlock(range.cidr);
    return block !== undefined && [...blockKinds(block)].every((kind) => kind === 'loopback');
  });
  if (rate > HOSTS_PER_SECOND_MAX && !onlyLoopback) {
    throw new ScopeError(
      'VALUE_INVALID',
      `is above ${HOSTS_PER_SECOND_MAX}, the most outside loopback`,
      place,
    );
  }
  const mayBe = MODALITY_SAFE.hostsPerSecond;
  if (file['modality-safe'] && rate > mayBe && text.includes('hosts-per-second')) {
    throw new ScopeError('VALUE_INVALID', `is above ${mayBe}, the most in modality-safe mode`, place);
  }
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFrozen(part);
    Object.freeze(value);
  }
  return value;
}

import type { DataSet } from '../data-set/data-set.ts';
import { inflateDataSetSync } from '../inflate/inflate-data-set.ts';
import type { TransferSyntax } from '../uid/transfer-syntax.ts';
import type { ParseWarning } from './parse-warning.ts';
import { Parser } from './parser.ts';
import { defaultReadLimits } from './read-limits.ts';
import type { ReadLimits } from './read-limits.ts';

export interface ReadOptions {
  readonly limits?: Partial<ReadLimits>;
  /** Says which values to leave out; asked with length FFFFFFFFH for fragments. */
  readonly passOver?: (tag: number, length: number) => boolean;
  /** Told what was forgiven. */
  readonly onWarning?: (warning: ParseWarning) => void;
}

/**
 * Reads a whole data set (PS3.5 section 7). Values are views of `bytes`, not copies; of a deflated data set, of the
 * inflated one.
 * @throws ParseError
 */
export function readDataSet(bytes: Uint8Array, ts: TransferSyntax, options: ReadOptions = {}): DataSet {
  const encoded = ts.deflated ? inflateDataSetSync(bytes, options.limits) : bytes;
  const parser = new Parser({
    explicitVR: ts.explicitVR,
    littleEndian: ts.littleEndian,
    limits: { ...defaultReadLimits, ...options.limits },
    copies: false,
    totalBytes: encoded.length,
    passOver: options.passOver ?? keepAll,
  });
  parser.push(encoded);
  parser.end();
  for (const warning of parser.warnings) options.onWarning?.(warning);
  return parser.dataSet;
}

function keepAll(): boolean {
  return false;
}

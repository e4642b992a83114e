import type { DataSet } from '../data-set/data-set.ts';
import { ParseError } from '../parser/parse-error.ts';
import { readDataSet } from '../parser/read-data-set.ts';
import type { ReadOptions } from '../parser/read-data-set.ts';
import { transferSyntax } from '../uid/transfer-syntax.ts';
import type { TransferSyntax } from '../uid/transfer-syntax.ts';
import { inflateDataSetSync } from '../inflate/inflate-data-set.ts';
import { readPart10Header } from './part10-header.ts';
import type { Part10Header } from './part10-header.ts';

export interface Part10File {
  readonly header: Part10Header;
  readonly transferSyntax: TransferSyntax;
  /** The data set as encoded: inflated, if it was deflated. Offsets of elements count from its start. */
  readonly encoded: Uint8Array;
  readonly dataSet: DataSet;
}

/**
 * Reads a DICOM file (PS3.10 7.1), deflated ones included. Values are views of `bytes`.
 * @throws ParseError
 */
export function readPart10(bytes: Uint8Array, options: ReadOptions = {}): Part10File {
  const header = readPart10Header(bytes);
  const syntax = transferSyntax(header.transferSyntaxUID);
  if (syntax === undefined) throw new ParseError('TRANSFER_SYNTAX_UNKNOWN');
  const stored = bytes.subarray(header.dataSetOffset);
  const encoded = syntax.deflated ? inflateDataSetSync(stored, options.limits) : stored;
  const dataSet = readDataSet(encoded, { ...syntax, deflated: false }, options);
  return { header, transferSyntax: syntax, encoded, dataSet };
}

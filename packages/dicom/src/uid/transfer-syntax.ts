import { TransferSyntaxUID, transferSyntaxTable } from '../generated/transfer-syntaxes.js';

export { TransferSyntaxUID };

/** How a data set is encoded (PS3.5 section 10 and Annex A). */
export interface TransferSyntax {
  readonly uid: string;
  readonly keyword: string;
  readonly name: string;
  readonly explicitVR: boolean;
  readonly littleEndian: boolean;
  /** Pixel Data is a sequence of fragments (PS3.5 A.4). */
  readonly encapsulated: boolean;
  /** The whole data set is a raw RFC 1951 stream (PS3.5 A.5). */
  readonly deflated: boolean;
  /** Short word for the pixel encoding: 'native', 'jpeg-baseline', 'jpeg-2000', 'rle' ... */
  readonly codec: string;
  /** Whether pixels may have lost something; undefined where the syntax allows both. */
  readonly lossy: boolean | undefined;
  readonly retired: boolean;
}

const transferSyntaxes: ReadonlyMap<string, TransferSyntax> = new Map(
  transferSyntaxTable.split('\n').map((line) => {
    const syntax = parseLine(line);
    return [syntax.uid, syntax];
  }),
);

function parseLine(line: string): TransferSyntax {
  const fields = line.split('|');
  const [uid = '', keyword = '', vr, order, encapsulated, deflated, retired, codec = '', compression] =
    fields;
  return {
    uid,
    keyword,
    name: fields.at(-1) ?? '',
    explicitVR: vr === 'explicit',
    littleEndian: order === 'little',
    encapsulated: encapsulated !== '',
    deflated: deflated !== '',
    codec,
    lossy: lossyOf(compression),
    retired: retired === 'R',
  };
}

function lossyOf(compression: string | undefined): boolean | undefined {
  if (compression === 'lossy') return true;
  return compression?.includes('lossy') === true || compression?.includes('near-lossless') === true
    ? undefined
    : false;
}

/** The transfer syntax of a UID; undefined for one the Standard does not define. */
export function transferSyntax(uid: string): TransferSyntax | undefined {
  return transferSyntaxes.get(uid);
}

/** A transfer syntax this package is sure to know. */
export function knownTransferSyntax(keyword: keyof typeof TransferSyntaxUID): TransferSyntax {
  const syntax = transferSyntaxes.get(TransferSyntaxUID[keyword]);
  if (syntax === undefined) throw new RangeError(`no transfer syntax ${keyword}`);
  return syntax;
}

export const transferSyntaxUIDs: readonly string[] = [...transferSyntaxes.keys()];

import { type TransferSyntax, transferSyntax, TransferSyntaxUID } from '@leadglass/dicom';

export const OCTET_STREAM = 'application/octet-stream';
export const EXPLICIT_LITTLE_ENDIAN: string = TransferSyntaxUID.ExplicitVRLittleEndian;

/** Media types of compressed frames with their transfer syntaxes, the default one first (PS3.18 Tables 8.7.3-2 to -5). */
const COMPRESSED: Readonly<Record<string, readonly string[]>> = {
  'image/jpeg': [
    '1.2.840.10008.1.2.4.70',
    '1.2.840.10008.1.2.4.50',
    '1.2.840.10008.1.2.4.51',
    '1.2.840.10008.1.2.4.57',
  ],
  'image/dicom-rle': ['1.2.840.10008.1.2.5'],
  'image/jls': ['1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.4.81'],
  'image/jp2': ['1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.91'],
  'image/jpx': ['1.2.840.10008.1.2.4.92', '1.2.840.10008.1.2.4.93'],
  'image/jphc': ['1.2.840.10008.1.2.4.201', '1.2.840.10008.1.2.4.202', '1.2.840.10008.1.2.4.203'],
  'image/jxl': ['1.2.840.10008.1.2.4.110', '1.2.840.10008.1.2.4.111', '1.2.840.10008.1.2.4.112'],
  'video/mpeg': [
    '1.2.840.10008.1.2.4.101',
    '1.2.840.10008.1.2.4.100',
    '1.2.840.10008.1.2.4.100.1',
    '1.2.840.10008.1.2.4.101.1',
  ],
  'video/mp4': [
    '1.2.840.10008.1.2.4.102',
    '1.2.840.10008.1.2.4.102.1',
    '1.2.840.10008.1.2.4.103',
    '1.2.840.10008.1.2.4.103.1',
    '1.2.840.10008.1.2.4.104',
    '1.2.840.10008.1.2.4.104.1',
    '1.2.840.10008.1.2.4.105',
    '1.2.840.10008.1.2.4.105.1',
    '1.2.840.10008.1.2.4.106',
    '1.2.840.10008.1.2.4.106.1',
  ],
  'video/h265': ['1.2.840.10008.1.2.4.107', '1.2.840.10008.1.2.4.108'],
};

/** Names of before 2020 that clients still send. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'image/x-dicom-rle': 'image/dicom-rle',
  'image/x-jls': 'image/jls',
  'image/dicom+jpeg': 'image/jpeg',
  'image/dicom+rle': 'image/dicom-rle',
  'image/dicom+jpeg-ls': 'image/jls',
  'image/dicom+jp2': 'image/jp2',
  'image/dicom+jpx': 'image/jpx',
};

const TYPE_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(COMPRESSED).flatMap(([type, uids]) => uids.map((uid) => [uid, type])),
);

/** What frames of a transfer syntax are called as they are stored; octets when the Standard has no name. */
export function mediaTypeOf(syntax: TransferSyntax): string {
  return TYPE_OF.get(syntax.uid) ?? OCTET_STREAM;
}

/** The name of today of a type a client asked for. */
export function currentName(type: string): string {
  return Object.hasOwn(OLD_NAMES, type) ? (OLD_NAMES[type] ?? type) : type;
}

/** The syntax meant when a media type comes without one (PS3.18 8.7.3.5.2). */
export function defaultSyntaxOf(type: string): string | undefined {
  if (type === OCTET_STREAM) return EXPLICIT_LITTLE_ENDIAN;
  return Object.hasOwn(COMPRESSED, type) ? COMPRESSED[type]?.[0] : undefined;
}

/** Pixel Data is not compressed, the data set perhaps. */
export function isNative(syntax: TransferSyntax): boolean {
  return !syntax.encapsulated && syntax.codec === 'native';
}

/** Explicit VR Little Endian. */
export function explicitLittleEndian(): TransferSyntax {
  const syntax = transferSyntax(EXPLICIT_LITTLE_ENDIAN);
  if (!syntax) throw new Error('the dictionary lacks Explicit VR Little Endian');
  return syntax;
}

import { header, quoted, readTable, templateLiteral } from './tables.ts';

interface UIDTable {
  edition: string;
  rows: [uid: string, name: string, keyword: string, type: string, retired: boolean][];
}

interface TransferSyntaxTable {
  edition: string;
  transferSyntaxes: {
    uid: string;
    keyword: string;
    name: string;
    retired: boolean;
    explicitVr: boolean;
    littleEndian: boolean;
    encapsulated: boolean;
    deflatedDataSet: boolean;
    codec: string;
    compression: string;
    fragments: string | null;
  }[];
}

interface StorageTable {
  edition: string;
  storage: [
    uid: string,
    name: string,
    iod: string,
    section: string,
    kinds: string[],
    purpose: string,
    table: string,
  ][];
}

const uidSource = 'ps3.6-uids.json';
const syntaxSource = 'ps3.5-vrs.json';
const storageSource = 'ps3.4-storage-sop-classes.json';

/** UID registry (PS3.6 Annex A): names of all, and SOP Class UIDs by keyword. */
export function renderUIDs(): string {
  const table = readTable<UIDTable>(uidSource);
  const lines = table.rows.map(([uid, name, , , retired]) => [uid, retired ? 'R' : '', name].join('|'));
  const sopClasses = sopClassRows(table).map(([uid, , keyword]) => `  ${keyword}: ${quoted(uid)},`);
  return (
    header(uidSource, table.edition) +
    '/** uid|R if retired|name. Parsed by uid/uid-name.ts. */\n' +
    `export const uidTable = ${templateLiteral(lines)};\n\n` +
    '/** SOP Class UIDs by keyword (PS3.6 Table A-1), retired ones included. */\n' +
    `export const SOPClassUID = {\n${sopClasses.join('\n')}\n};\n`
  );
}

/** Types of the UID registry. */
export function renderUIDTypes(): string {
  const table = readTable<UIDTable>(uidSource);
  const sopClasses = sopClassRows(table).map(([uid, , keyword]) => `  readonly ${keyword}: ${quoted(uid)};`);
  return (
    header(uidSource, table.edition) +
    'export declare const uidTable: string;\n\n' +
    `export declare const SOPClassUID: {\n${sopClasses.join('\n')}\n};\n`
  );
}

function sopClassRows(table: UIDTable): UIDTable['rows'] {
  return table.rows.filter(
    ([, , keyword, type]) => keyword !== '' && (type === 'SOP Class' || type === 'Meta SOP Class'),
  );
}

/** Transfer syntaxes (PS3.5 Annex A, PS3.6 Table A-1). */
export function renderTransferSyntaxes(): string {
  const table = readTable<TransferSyntaxTable>(syntaxSource);
  const uids = table.transferSyntaxes.map(({ keyword, uid }) => `  ${keyword}: ${quoted(uid)},`);
  const rows = table.transferSyntaxes.map((row) => {
    const flags = [
      row.explicitVr ? 'explicit' : 'implicit',
      row.littleEndian ? 'little' : 'big',
      row.encapsulated ? 'encapsulated' : '',
      row.deflatedDataSet ? 'deflated' : '',
      row.retired ? 'R' : '',
    ];
    return [row.uid, row.keyword, ...flags, row.codec, row.compression, row.fragments ?? '', row.name].join(
      '|',
    );
  });
  return (
    header(syntaxSource, table.edition) +
    '/** Transfer Syntax UIDs by keyword (PS3.6 Table A-1), retired ones included. */\n' +
    `export const TransferSyntaxUID = {\n${uids.join('\n')}\n};\n\n` +
    '/** uid|keyword|VR|byte order|encapsulated|deflated|R if retired|codec|compression|fragments|name. */\n' +
    `export const transferSyntaxTable = ${templateLiteral(rows)};\n`
  );
}

/** Their types. */
export function renderTransferSyntaxTypes(): string {
  const table = readTable<TransferSyntaxTable>(syntaxSource);
  const uids = table.transferSyntaxes.map(({ keyword, uid }) => `  readonly ${keyword}: ${quoted(uid)};`);
  return (
    header(syntaxSource, table.edition) +
    `export declare const TransferSyntaxUID: {\n${uids.join('\n')}\n};\n\n` +
    'export declare const transferSyntaxTable: string;\n'
  );
}

/** Storage SOP Classes (PS3.4 Tables B.5-1 and GG.3-1, and those retired or of other standards). */
export function renderStorageSOPClasses(): string {
  const table = readTable<StorageTable>(storageSource);
  const rows = table.storage.map(([uid, name, , , kinds, , origin]) =>
    [uid, kinds.join(','), origin === 'retired' ? 'R' : '', name].join('|'),
  );
  return (
    header(storageSource, table.edition) +
    '/** uid|kinds|R if retired|name. Parsed by uid/storage-sop-class.ts. */\n' +
    `export const storageSOPClassTable = ${templateLiteral(rows)};\n`
  );
}

/** Their types. */
export function renderStorageSOPClassTypes(): string {
  const { edition } = readTable<StorageTable>(storageSource);
  return header(storageSource, edition) + 'export declare const storageSOPClassTable: string;\n';
}

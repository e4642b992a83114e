import { header, quoted, readTable } from './tables.ts';

interface VRTable {
  edition: string;
  vrs: {
    vr: string;
    name: string;
    maxLength: number;
    lengthUnit: string;
    lengthField: 16 | 32;
    kind: 'string' | 'number' | 'bulk' | 'sequence' | 'tag';
    padding: 'space' | 'null' | null;
    multiValue: boolean;
    characterRepertoire: string | null;
    byteSwapUnit: number | null;
  }[];
}

const source = 'ps3.5-vrs.json';

/** Value Representations (PS3.5 Table 6.2-1 and section 7.1.2). */
export function renderValueRepresentations(): string {
  const table = readTable<VRTable>(source);
  const rows = table.vrs.map((row) => {
    const fields = [
      `vr: ${quoted(row.vr)}`,
      `name: ${quoted(row.name)}`,
      `kind: ${quoted(row.kind)}`,
      `lengthFieldBytes: ${row.lengthField / 8}`,
      `maxLength: ${row.maxLength}`,
      `lengthUnit: ${quoted(row.lengthUnit)}`,
      `padding: ${row.padding === 'space' ? '0x20' : '0x00'}`,
      `multiValue: ${row.multiValue}`,
      `usesSpecificCharacterSet: ${row.characterRepertoire === 'specific'}`,
      `byteSwapUnit: ${row.byteSwapUnit ?? 1}`,
    ];
    return `  { ${fields.join(', ')} },`;
  });
  return header(source, table.edition) + `export const vrTable = [\n${rows.join('\n')}\n];\n`;
}

/** Their types. */
export function renderValueRepresentationTypes(): string {
  const table = readTable<VRTable>(source);
  const names = table.vrs.map(({ vr }) => quoted(vr)).join(' | ');
  return (
    header(source, table.edition) +
    `/** Value Representation, PS3.5 Table 6.2-1. */\nexport type VR = ${names};\n\n` +
    `export interface VRInfo {
  readonly vr: VR;
  readonly name: string;
  readonly kind: 'string' | 'number' | 'bulk' | 'sequence' | 'tag';
  /** Width of the Value Length field in Explicit VR (PS3.5 7.1.2); the wide ones follow two reserved bytes. */
  readonly lengthFieldBytes: 2 | 4;
  /** Longest value, in lengthUnit. */
  readonly maxLength: number;
  readonly lengthUnit: string;
  /** The byte that makes an odd value even. */
  readonly padding: 0x20 | 0x00;
  /** Whether a backslash separates values. */
  readonly multiValue: boolean;
  /** Whether Specific Character Set (0008,0005) applies. */
  readonly usesSpecificCharacterSet: boolean;
  /** Bytes that swap together when the byte order changes. */
  readonly byteSwapUnit: 1 | 2 | 4 | 8;
}

export declare const vrTable: readonly VRInfo[];
`
  );
}

import { header, quoted, readTable } from './tables.ts';

interface CharacterSetTable {
  edition: string;
  rows: {
    term: string;
    description: string;
    kind: string;
    codeExtensions: boolean;
    g0: string | null;
    g1: string | null;
    escG0: string | null;
    escG1: string | null;
  }[];
}

const source = 'ps3.2-character-sets.json';
const edition = 'PS3.3 C.12.1.1.2';

/** Specific Character Set terms with their code elements and escape sequences (PS3.3 C.12.1.1.2). */
export function renderCharacterSets(): string {
  const table = readTable<CharacterSetTable>(source);
  const rows = table.rows.map((row) => {
    const fields = [
      `term: ${quoted(row.term)}`,
      `description: ${quoted(row.description)}`,
      `codeExtensions: ${row.codeExtensions}`,
      `g0: ${row.g0 === null ? 'undefined' : quoted(row.g0)}`,
      `g1: ${row.g1 === null ? 'undefined' : quoted(row.g1)}`,
      `escapeG0: ${escapeBytes(row.escG0)}`,
      `escapeG1: ${escapeBytes(row.escG1)}`,
    ];
    return `  { ${fields.join(', ')} },`;
  });
  return header(source, edition) + `export const characterSetTerms = [\n${rows.join('\n')}\n];\n`;
}

/** Their types. */
export function renderCharacterSetTypes(): string {
  return (
    header(source, edition) +
    `export interface CharacterSetTerm {
  /** Value of Specific Character Set (0008,0005). */
  readonly term: string;
  readonly description: string;
  /** Whether the term may be used with ISO 2022 escape sequences. */
  readonly codeExtensions: boolean;
  /** Code elements designated to G0 and G1, by registration number. */
  readonly g0: string | undefined;
  readonly g1: string | undefined;
  /** Bytes that designate them, the ESC included. */
  readonly escapeG0: readonly number[] | undefined;
  readonly escapeG1: readonly number[] | undefined;
}

export declare const characterSetTerms: readonly CharacterSetTerm[];
`
  );
}

function escapeBytes(hex: string | null): string {
  return hex === null
    ? 'undefined'
    : `[${hex
        .split(' ')
        .map((byte) => `0x${byte.toLowerCase()}`)
        .join(', ')}]`;
}

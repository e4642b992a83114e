import { header, readTable, templateLiteral } from './tables.ts';

interface DataElementTable {
  edition: string;
  rows: [tag: string, keyword: string, name: string, vrs: string[], vm: string, retired: boolean][];
}

const source = 'ps3.6-data-elements.json';

/** Data dictionary (PS3.6 chapters 6 to 9, PS3.7 Annex E), one element a line, in tag order. */
export function renderDictionary(): string {
  const table = readTable<DataElementTable>(source);
  const lines = table.rows.map(([tag, keyword, name, vrs, vm, retired]) => {
    const fields = [tag, keyword, vrs.join(','), vm, retired ? 'R' : '', name];
    if (fields.some((field) => /[|\n]/.test(field))) throw new Error(`row ${tag} holds a separator`);
    return fields.join('|');
  });
  return (
    header(source, table.edition) +
    '/** tag|keyword|VRs|VM|R if retired|name; x in a tag is a mask digit. Parsed by dictionary/dictionary.ts. */\n' +
    `export const dictionaryTable = ${templateLiteral(lines)};\n`
  );
}

/** Types of the dictionary table. */
export function renderDictionaryTypes(): string {
  return (
    header(source, readTable<DataElementTable>(source).edition) +
    'export declare const dictionaryTable: string;\n'
  );
}

/** Keyword -> tag, as JSON in a string: the platform parses that faster than it does an object literal. */
export function renderTags(): string {
  const table = readTable<DataElementTable>(source);
  const pairs = namedTags(table).map(([tag, keyword]) => `"${keyword}":${Number.parseInt(tag, 16)}`);
  return header(source, table.edition) + `export const Tag = JSON.parse('{${pairs.join(',')}}');\n`;
}

/** The type of the Tag object: literal numbers, so that editors complete keywords and show tags. */
export function renderTagTypes(): string {
  const table = readTable<DataElementTable>(source);
  const lines = namedTags(table).map(([tag, keyword]) => `  readonly ${keyword}: 0x${tag};`);
  return header(source, table.edition) + `export declare const Tag: {\n${lines.join('\n')}\n};\n`;
}

function namedTags(table: DataElementTable): DataElementTable['rows'] {
  return table.rows.filter(([tag, keyword]) => keyword !== '' && !tag.includes('x'));
}

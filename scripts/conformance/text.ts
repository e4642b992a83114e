/** Writing Markdown, and the few forms in which the conformance statement says numbers and names. */
import { dictionaryEntry, tagHex, transferSyntax, uidName } from '@leadglass/dicom';

/** A table; cells are put in as they are, but for what would end one. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

export const list = (items: readonly string[]): string => items.map((item) => `- ${item}\n`).join('');

export const code = (text: string): string => `\`${text}\``;

export const codes = (texts: readonly string[]): string => texts.map(code).join(', ');

/** The Standard's name of a UID, and the UID. */
export function named(uid: string): string {
  return `${nameOf(uid)} ${code(uid)}`;
}

export function nameOf(uid: string): string {
  return transferSyntax(uid)?.name ?? uidName(uid) ?? 'unnamed';
}

/** (0010,0010) PatientName */
export function attribute(tag: number): string {
  return `${keyword(tag)} ${place(tag)}`;
}

export const keyword = (tag: number): string => dictionaryEntry(tag)?.keyword ?? '?';

export function place(tag: number): string {
  const hex = tagHex(tag);
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

/** A limit in the unit that its name ends with. */
export function amount(name: string, value: number): string {
  if (/BYTES_PER_SECOND/.test(name)) return `${bytes(value)} a second`;
  if (/_MS$/.test(name)) return duration(value);
  return /BYTES|LENGTH/.test(name) ? bytes(value) : grouped(value);
}

/** HEADERS_TIMEOUT_MS -> Headers timeout */
export function wordsOf(name: string): string {
  const words = name
    .replace(/_(BYTES|MS|BYTES_PER_SECOND)$/, '')
    .toLowerCase()
    .replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function duration(valueMs: number): string {
  const seconds = valueMs / 1000;
  if (seconds >= 3600 && seconds % 3600 === 0) return `${grouped(seconds / 3600)} h`;
  return `${grouped(seconds)} s`;
}

const LINE_CHARS = 120;
/** Lines that stand for themselves: tables, lists, headings, comments. */
const OWN_LINE = /^([|#<]|- )/;

/** Paragraphs in lines of equal length. */
export function filled(text: string): string {
  const blocks = text.replace(/\n{3,}/g, '\n\n').split('\n\n');
  return `${blocks.map((block) => (OWN_LINE.test(block) ? block.trimEnd() : filledBlock(block))).join('\n\n')}\n`;
}

function filledBlock(block: string): string {
  const lines = [''];
  for (const word of block.split(/\s+/).filter((each) => each !== '')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > LINE_CHARS) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

export function bytes(value: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && rest % 1024 === 0 && unit < units.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${grouped(rest)} ${units[unit] ?? ''}`;
}

export const grouped = (value: number): string => value.toLocaleString('en-US');

export const hex = (status: number): string => status.toString(16).toUpperCase().padStart(4, '0');

import { fileName } from '../file-name.ts';
import { page } from '../html/page.ts';
import { markup } from '../markup.ts';
import { visible } from '../visible-text.ts';
import { writeFiles } from '../write-files.ts';
import { authorityLetter, ownerLetter, ownersToTell } from './letter.ts';
import { languages } from './letter-text.ts';
import type { CheckMeta, ScanReport } from '../../findings/index.ts';
import type { Markup } from '../markup.ts';
import type { Letter, LetterSection } from './letter.ts';
import type { Language } from './letter-text.ts';

export interface LetterOptions {
  readonly metas: readonly CheckMeta[];
  /** All four by default. */
  readonly languages?: readonly Language[];
  /** age recipients; when given, nothing is written in clear text. */
  readonly recipients?: readonly string[];
  /** The letters' date, YYYY-MM-DD; by default the day on which the run ended. */
  readonly day?: string;
}

/**
 * A notice to each owner with something open (`<owner>/letter.<language>.txt` and `.html`), which says nothing of other
 * owners, and one to the authority (`authority/letter.<language>...`).
 * @returns the paths written
 * @throws ReportError BAD_RECIPIENT
 */
export async function writeLetters(
  report: ScanReport,
  folder: string,
  options: LetterOptions,
): Promise<string[]> {
  return writeFiles(folder, letterFiles(report, options), options.recipients);
}

/** All letters, by file name. */
export function letterFiles(report: ScanReport, options: LetterOptions): ReadonlyMap<string, string> {
  const day = options.day ?? report.ended.slice(0, 10);
  const owners = ownersToTell(report, options.metas);
  const files = new Map<string, string>();
  const add = (place: string, letter: Letter): void => {
    files.set(`${place}/letter.${letter.language}.txt`, letterAsText(letter));
    files.set(`${place}/letter.${letter.language}.html`, letterAsHTML(letter));
  };
  for (const language of options.languages ?? languages) {
    for (const owner of owners) add(fileName(owner.owner), ownerLetter(report, owner, language, day));
    if (owners.some(({ openSystems }) => openSystems > 0)) {
      add('authority', authorityLetter(report, owners, language, day));
    }
  }
  return files;
}

/** Columns of a mail (RFC 5322 2.1.1 recommends 78). */
const lineLengthMax = 76;

export function letterAsText({ subject, day, sections, closing }: Letter): string {
  const blocks = [day, wrapped(subject), ...sections.map(sectionAsText), closing.map(visible).join('\n')];
  return `${blocks.join('\n\n')}\n`;
}

function sectionAsText({ head, paragraphs, items = [], after = [] }: LetterSection): string {
  const blocks = [
    ...(head === undefined ? [] : [visible(head)]),
    ...paragraphs.map((paragraph) => wrapped(paragraph)),
    ...(items.length === 0 ? [] : [items.map((item) => wrapped(`- ${item}`, '  ')).join('\n')]),
    ...after.map((paragraph) => wrapped(paragraph)),
  ];
  return blocks.join('\n\n');
}

/** One paragraph in lines; a word longer than a line stays whole. */
function wrapped(paragraph: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of visible(paragraph).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > lineLengthMax) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

export function letterAsHTML(letter: Letter): string {
  const { language, subject, day, sections, closing } = letter;
  return page({
    language,
    title: subject,
    header: markup`<p class="quiet">${day}</p><h1>${subject}</h1>`,
    body: markup`${sections.map(sectionAsHTML)}`,
    footer: markup`${closing.map((line) => markup`<p>${line}</p>`)}`,
  });
}

function sectionAsHTML({ head, paragraphs, items = [], after = [] }: LetterSection): Markup {
  const text = (lines: readonly string[]): Markup => markup`${lines.map((line) => markup`<p>${line}</p>`)}`;
  return markup`${head === undefined ? '' : markup`<h2>${head}</h2>`}${text(paragraphs)}${
    items.length === 0 ? '' : markup`<ul>${items.map((item) => markup`<li>${item}</li>`)}</ul>`
  }${text(after)}`;
}

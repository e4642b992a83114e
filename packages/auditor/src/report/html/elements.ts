import { accessClasses, accessClassMeaning } from '../../findings/index.ts';
import { markup } from '../markup.ts';
import type { AccessClass, Severity } from '../../findings/index.ts';
import type { Markup, MarkupValue } from '../markup.ts';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => MarkupValue;
  readonly isNumber?: boolean;
}

export interface TableParts<Row> {
  readonly caption: string;
  readonly note?: string;
  /** The heading above says it already; the caption stays for screen readers. */
  readonly isCaptionHidden?: boolean;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Printed last, and marked. */
  readonly total?: Row;
}

/** A table that scrolls sideways by itself on a narrow screen. The first column heads its row. */
export function table<Row>(parts: TableParts<Row>): Markup {
  const { caption, note, isCaptionHidden = false, columns, rows, total } = parts;
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption${isCaptionHidden ? markup` class="hidden"` : ''}>${caption}${note === undefined ? '' : markup` <span>${note}</span>`}</caption>
<thead><tr>${columns.map((column) => markup`<th scope="col"${numberClass(column)}>${column.head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => tableRow(columns, row))}${
    total === undefined ? '' : tableRow(columns, total, true)
  }</tbody></table></div>
`;
}

function tableRow<Row>(columns: readonly Column<Row>[], row: Row, isTotal = false): Markup {
  const cells = columns.map((column, index) =>
    index === 0
      ? markup`<th scope="row">${column.cell(row)}</th>`
      : markup`<td${numberClass(column)}>${column.cell(row)}</td>`,
  );
  return isTotal ? markup`<tr class="total">${cells}</tr>\n` : markup`<tr>${cells}</tr>\n`;
}

function numberClass({ isNumber = false }: { readonly isNumber?: boolean }): Markup {
  return isNumber ? markup` class="number"` : markup``;
}

export function badge(severity: Severity, score?: number): Markup {
  const label = severity === 'none' ? 'information' : severity;
  return markup`<span class="badge ${severity}">${label}${
    score === undefined || score === 0 ? '' : ` ${score.toFixed(1)}`
  }</span>`;
}

export function classBadges(classes: readonly AccessClass[]): Markup {
  const shown = accessClasses.filter((one) => classes.includes(one));
  return markup`${shown.map(
    (one) =>
      markup`<abbr class="badge ${classSeverity(one)}" title="${accessClassMeaning[one]}">${one}</abbr> `,
  )}`;
}

/** How loudly a class is coloured; the classes themselves are never ranked against each other. */
function classSeverity(one: AccessClass): Severity {
  if (one === 'A1') return 'none';
  return one === 'A2' ? 'medium' : 'high';
}

export function code(text: string): Markup {
  return markup`<span class="code">${text}</span>`;
}

export function list(items: readonly MarkupValue[]): Markup {
  return markup`<ul>${items.map((item) => markup`<li>${item}</li>`)}</ul>`;
}

export function orderedList(items: readonly MarkupValue[]): Markup {
  return markup`<ol>${items.map((item) => markup`<li>${item}</li>`)}</ol>`;
}

/** Steps of a text written as lines or as '1. ... 2. ...'; one step stays a paragraph. */
export function steps(text: string): string[] {
  return text
    .split(/\n+|\s+(?=\d{1,2}[.)]\s)/)
    .map((line) => line.replace(/^\s*(?:\d{1,2}[.)]|[-*])\s+/, '').trim())
    .filter((line) => line !== '');
}

/** Letters and digits of an id; safe as a fragment. */
export function anchor(kind: string, id: string): string {
  return `${kind}-${id.replace(/[^A-Za-z0-9]/g, '-')}`;
}

import { visible } from './visible-text.ts';

/** HTML that is safe to insert: made by `markup` alone, so that no string becomes HTML without being escaped. */
export class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  toString(): string {
    return this.source;
  }
}

export type MarkupValue = string | number | Markup | readonly Markup[] | undefined;

/**
 * A template whose every value is escaped unless it is Markup itself. Values stand between tags or inside quoted
 * attributes, never elsewhere: the escaping holds for these two places.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  let source = strings[0] ?? '';
  for (const [index, value] of values.entries()) source += sourceOf(value) + (strings[index + 1] ?? '');
  return new Markup(source);
}

function sourceOf(value: MarkupValue): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escapeHTML(value);
  if (typeof value === 'number') return String(value);
  if (value instanceof Markup) return value.source;
  return value.map(({ source }) => source).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Escaped for text and for quoted attributes; characters that cannot be seen are made visible first. */
export function escapeHTML(value: string): string {
  return visible(value).replace(/[&<>"'`]/g, (character) => entities[character] ?? '');
}

import { createHash } from 'node:crypto';
import { markup, Markup } from '../markup.ts';
import { style } from './style.ts';

export interface PageParts {
  /** ISO 639-1. */
  readonly language: string;
  readonly title: string;
  readonly header: Markup;
  readonly body: Markup;
  readonly footer: Markup;
}

const styleHash = createHash('sha256').update(style).digest('base64');

/**
 * One page that needs nothing else and can do nothing: no script runs, nothing is loaded, no form is sent, and the one
 * style sheet is named by its hash, so that even an escaping mistake would stay text.
 */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

export function page({ language, title, header, body, footer }: PageParts): string {
  return markup`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(contentSecurityPolicy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>${header}</header>
<main>${body}</main>
<footer>${footer}</footer>
</body>
</html>
`.source;
}

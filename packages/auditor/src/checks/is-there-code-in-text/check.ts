import type { FileCheck } from '../../files/file-check.ts';
import { meta } from './meta.ts';

interface Pattern {
  readonly kind: string;
  readonly pattern: RegExp;
  /** Whether it counts in private text too, where vendors keep templates and markup of their own. */
  readonly inPrivate?: true;
}

/** Most values are words, numbers and UIDs: without one of these characters no pattern below can match. */
const special = /[<'"`;$%{|&=@:\u001b\r\n]|union/i;

/** All patterns are linear: no repetition inside a repetition, every gap bounded. */
const patterns: readonly Pattern[] = [
  { kind: 'script', pattern: /<\/?(?:script|iframe)[\s/>]/i, inPrivate: true },
  { kind: 'script', pattern: /\b(?:javascript|vbscript)\s{0,9}:/i, inPrivate: true },
  { kind: 'script', pattern: /<(?:object|embed|svg|img|body|link|meta|style)[\s/>]/i },
  { kind: 'script', pattern: /\bon(?:error|load|click|mouseover|focus)\s{0,9}=/i },
  { kind: 'sql', pattern: /['"]\s{0,9}(?:or|and)\s{1,9}['"\w]{1,20}\s{0,9}(?:=|like\b)/i, inPrivate: true },
  {
    kind: 'sql',
    pattern:
      /['";]\s{0,9}(?:drop\s{1,9}(?:table|database|view)|delete\s{1,9}from|insert\s{1,9}into|alter\s{1,9}table|truncate\s{1,9}table|exec\s{1,9}(?:xp_|sp_))/i,
    inPrivate: true,
  },
  { kind: 'sql', pattern: /\bunion\s{1,9}(?:all\s{1,9})?select\b/i, inPrivate: true },
  { kind: 'format', pattern: /%[0-9$*.]{0,6}n\b|(?:%[0-9$.]{0,6}[sxp]\W{0,2}){3}/ },
  { kind: 'template', pattern: /\$\{jndi:/i, inPrivate: true },
  { kind: 'template', pattern: /\$\{[^{}]{1,80}\}|\{\{[^{}]{1,80}\}\}|<%[=@]?/ },
  { kind: 'shell', pattern: /\$\([^()]{1,80}\)|`[^`]{1,80}`/ },
  {
    kind: 'shell',
    pattern: /[;|&]\s{0,9}(?:rm\s{1,9}-|cat\s{1,9}\/|(?:wget|curl|bash|powershell|whoami|cmd\.exe)\b)/i,
    inPrivate: true,
  },
  { kind: 'formula', pattern: /(?:^|\\)[=@+-](?:cmd\||[a-z]{2,12}\(|\d{1,9}\+cmd)/i },
  // Escape sequences of ISO 2022 (PS3.5 6.1.2.5) are decoded away before; what is left speaks to a terminal.
  { kind: 'terminal', pattern: /\u001b[[\]P^_]/ },
];

/** VRs of one line (PS3.5 Table 6.2-1): a line break in them forges a second entry where they are logged. */
const singleLine = new Set(['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'LO', 'PN', 'SH', 'TM', 'UI']);

/** P08: text that acts where it is shown (CWE-79, CWE-89, CWE-134). */
export const check: FileCheck = {
  meta,
  visit(_file, notes) {
    return {
      text({ text, vr, isPrivate }) {
        if (!special.test(text)) return;
        if (!isPrivate && singleLine.has(vr) && /[\r\n]/.test(text)) notes.count('line-break');
        for (const { kind, pattern, inPrivate } of patterns) {
          if ((!isPrivate || inPrivate === true) && pattern.test(text)) notes.expose(kind);
        }
      },
    };
  },
};

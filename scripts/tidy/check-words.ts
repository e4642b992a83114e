import { lineAt } from './tree.ts';
import type { Problem, Tree } from './tree.ts';

interface BannedWords {
  readonly pattern: RegExp;
  /** Files looked into; all if absent. */
  readonly files?: RegExp;
  readonly message: string;
}

const CODE = /\.(ts|js|mjs)$/;

/** Patterns are written so that they do not find themselves: a bracket around one letter is enough. */
const BANNED: readonly BannedWords[] = [
  {
    pattern: /\b(TOD[O]|FIXM[E])\b/g,
    message: 'finish it now, or say in the README under "Not yet" what is missing',
  },
  { pattern: /^(<{7}|>{7}) /gm, message: 'a merge was not finished' },
  { pattern: /\bas an[y]\b(?=\s*[;,).\]}|&=]|\s*$)/gm, files: CODE, message: 'give it a type, or unknown' },
  {
    pattern: /eslint-disabl[e]|@ts-(ignor[e]|nochec[k])/g,
    files: CODE,
    message: 'mend what it complains about',
  },
  {
    pattern: /\b(test|it|describe)\.(onl[y]|tod[o])\(/g,
    files: CODE,
    message: 'other tests would not run, or this one would never',
  },
  {
    // "TLS session" and "session ticket" are the Standards' words; what is meant is a sitting of whoever wrote it.
    pattern: /\b(previous|earlier|coding|parallel) sessio[n]s?\b|\bsub-?agen[t]s?\b/gi,
    message: 'the project speaks only of itself',
  },
  {
    pattern: /\/wor[k]\/(main|shared)\b|\/tm[p]\/contracts|\/home\/(?!user\b)[a-z]\w*\/|\/roo[t]\/\./g,
    message: 'a path of one machine: take it as an argument, or relative to the project',
  },
  {
    pattern:
      /\bregistry\.(npmj[s]\.org|yarnpk[g]\.com|npmmirro[r]\.com)|\bfiles\.pythonhoste[d]\.org|:\d+\/np[m]\//g,
    message: "which registry is used is the machine's setting, not the project's",
  },
  { pattern: /\b(issue|ticket)s? #\d+/gi, message: 'say what it was, not what number it had' },
];

export function checkWords(tree: Tree): Problem[] {
  const problems: Problem[] = [];
  for (const [file, text] of tree) {
    if (file.includes('/generated/')) continue;
    for (const { pattern, files, message } of BANNED) {
      if (files !== undefined && !files.test(file)) continue;
      for (const match of text.matchAll(pattern)) {
        problems.push({
          file,
          line: lineAt(text, match.index),
          message: `has "${match[0].trim()}": ${message}`,
        });
      }
    }
  }
  return problems;
}

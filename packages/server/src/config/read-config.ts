import { readFileSync, statSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { ConfigError } from './errors.ts';
import { configKeys } from './keys.ts';
import { configSchema, type Config, type ConfigInput } from './schema.ts';

/** A configuration is a page or two; a file far beyond that is another file. */
export const CONFIG_LENGTH_MAX = 256 * 1024;
/** A misspelling changes at most about every third letter; beyond it a suggestion would only confuse. */
const LETTERS_PER_MISTAKE = 3;

/**
 * Reads the configuration, puts `overrides` (the command line) over it, checks and freezes it. Without a file all
 * defaults hold.
 * @throws ConfigError FILE_UNREADABLE, SYNTAX, UNKNOWN_KEY (with the nearest known key), WRONG_VALUE,
 *   PLAIN_ADDRESS_NOT_PRIVATE; each names file, line and key
 */
export function readConfig(file: string | undefined, overrides: ConfigInput = {}): Config {
  const text = file === undefined ? '' : readText(file);
  const fromFile = parseToml(text, file ?? '');
  const fileResult = configSchema.safeParse(fromFile);
  if (!fileResult.success) throw explain(fileResult.error, { name: file ?? '', text });
  const merged = configSchema.safeParse(mergeTables(fromFile, overrides));
  if (!merged.success) throw explain(merged.error, { name: 'command line', text: '' });
  return deepFreeze(merged.data);
}

function readText(file: string): string {
  try {
    if (statSync(file).size > CONFIG_LENGTH_MAX) throw new Error('longer than a configuration is');
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    throw new ConfigError('FILE_UNREADABLE', `the configuration cannot be read: ${file} (${why})`, {}, error);
  }
}

function parseToml(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split('\n')[0] ?? 'invalid TOML';
    throw new ConfigError('SYNTAX', `${file}:${error.line}:${error.column}: ${what}`, {
      line: error.line,
      column: error.column,
    });
  }
}

interface Source {
  readonly name: string;
  readonly text: string;
}

/** The first thing that is wrong, in words that lead to the line. */
function explain(error: z.ZodError, source: Source): ConfigError {
  const issue = error.issues[0];
  if (issue === undefined) return new ConfigError('WRONG_VALUE', `${source.name}: not a configuration`);
  if (issue.code === 'unrecognized_keys') {
    const key = [...issue.path.map(String), issue.keys[0] ?? ''].join('.');
    const nearest = nearestKey(key);
    const hint = nearest === undefined ? 'see docs/reference/configuration.md' : `did you mean ${nearest}?`;
    return new ConfigError('UNKNOWN_KEY', `${place(source, key)}: there is no key ${key}; ${hint}`, { key });
  }
  const key = issue.path.map(String).join('.');
  const code = key === 'dimse.plain.host' ? 'PLAIN_ADDRESS_NOT_PRIVATE' : 'WRONG_VALUE';
  return new ConfigError(code, `${place(source, key)}: ${key}: ${issue.message}`, { key });
}

function place(source: Source, key: string): string {
  const line = lineOfKey(source.text, key);
  return line === undefined ? source.name : `${source.name}:${line}`;
}

/** The line (from 1) on which a dotted key is set: in its [table], or dotted. undefined if it is not found. */
export function lineOfKey(text: string, key: string): number | undefined {
  let table = '';
  let tableLine: number | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\[?\s*([^\]]+?)\s*\]/.exec(line);
    if (header !== null) {
      table = `${(header[1] ?? '').replace(/["'\s]/g, '')}.`;
      if (table === `${key}.`) return index + 1;
      if (table.startsWith(`${key}.`)) tableLine ??= index + 1;
      continue;
    }
    const assignment = /^\s*([A-Za-z0-9_."'\s-]+?)\s*=/.exec(line);
    if (assignment === null) continue;
    const full = table + (assignment[1] ?? '').replace(/["'\s]/g, '');
    if (full === key || full.startsWith(`${key}.`) || key.startsWith(`${full}.`)) return index + 1;
  }
  return tableLine;
}

/** The known key or table with the fewest letters to change; the last part alone is compared as well. */
export function nearestKey(key: string): string | undefined {
  let best: { key: string; distance: number } | undefined;
  const last = key.slice(key.lastIndexOf('.') + 1).toLowerCase();
  const tables = configKeys().map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('.'))));
  const known = new Set([...configKeys().map(({ path }) => path), ...tables.filter((table) => table !== '')]);
  for (const path of known) {
    const lastKnown = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
    const distance = Math.min(
      editDistance(key.toLowerCase(), path.toLowerCase()),
      editDistance(last, lastKnown),
    );
    if (best === undefined || distance < best.distance) best = { key: path, distance };
  }
  if (best === undefined || best.distance > Math.floor(last.length / LETTERS_PER_MISTAKE) + 1)
    return undefined;
  return best.key;
}

/** Levenshtein's distance. Keys are short, so the simple table is enough. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

function mergeTables(base: Record<string, unknown>, over: object): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const existing = merged[key];
    merged[key] = isTable(existing) && isTable(value) ? mergeTables(existing, value) : value;
  }
  return merged;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}

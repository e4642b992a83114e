import { TomlError, parse } from 'smol-toml';
import { z } from 'zod';
import { lineOfKey, nearestKey } from '../scope/key-lines.ts';
import { WatchError } from './watch-error.ts';

/** Reads TOML by a schema of strict objects. Throws WatchError CONFIG_INVALID with line and key, never with a value. */
export function readStrictToml<Schema extends z.ZodType>(text: string, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(tomlOf(text));
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...(issue?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])];
  const place = { line: lineOfKey(text, path), key: path.map(String).join('.') };
  if (unknownKey === undefined) throw invalid(issue?.message ?? 'is invalid', place);
  const near = nearestKey(unknownKey, keysAt(schema, issue?.path ?? []));
  throw invalid(`is no key of this file${near === undefined ? '' : `; did you mean ${near}?`}`, place);
}

function invalid(detail: string, place: { line?: number | undefined; key?: string }): WatchError {
  return new WatchError('CONFIG_INVALID', detail, place);
}

function tomlOf(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    // The parser's own message quotes the line, and a password may stand there by mistake.
    throw invalid('the file is no TOML', { line: error instanceof TomlError ? error.line : undefined });
  }
}

/** Keys a schema knows at a place, for "did you mean". */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  let at = unwrapped(schema);
  for (const step of path) {
    if (at instanceof z.ZodArray) at = unwrapped(at.element);
    else if (at instanceof z.ZodObject) at = unwrapped(Reflect.get(at.shape, step));
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  let at = schema;
  while (at instanceof z.ZodOptional || at instanceof z.ZodDefault || at instanceof z.ZodPrefault) {
    at = at.unwrap();
  }
  return at;
}

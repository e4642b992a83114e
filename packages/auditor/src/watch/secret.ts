import { readFileSync, statSync } from 'node:fs';
import { inspect } from 'node:util';
import { SECRET_MAX_BYTES } from './limits.ts';
import { WatchError } from './watch-error.ts';

/** A password or key that shows itself to nobody who does not ask for it by `reveal`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '(secret)';
  }

  toJSON(): string {
    return '(secret)';
  }

  [inspect.custom](): string {
    return '(secret)';
  }
}

/** Where a secret is; exactly one of the two. */
export interface SecretPlace {
  readonly file?: string | undefined;
  readonly environment?: string | undefined;
}

/**
 * Reads a secret, without the line break that editors put at its end.
 * @param key names the place in messages
 * @throws WatchError SECRET_UNUSABLE
 */
export function readSecret(
  place: SecretPlace,
  environment: Readonly<Record<string, string | undefined>>,
  key: string,
  charactersMin = 1,
): Secret {
  const unusable = (detail: string): WatchError => new WatchError('SECRET_UNUSABLE', detail, { key });
  const value =
    place.file === undefined ? environment[place.environment ?? ''] : fileText(place.file, unusable);
  const text = value?.replace(/\r?\n$/, '');
  if (text === undefined || text === '') {
    throw unusable(
      place.file === undefined
        ? `the environment has no ${place.environment ?? ''}`
        : 'the secret file is empty',
    );
  }
  if (text.length < charactersMin) throw unusable(`must have ${charactersMin} characters or more`);
  return new Secret(text);
}

const READABLE_BY_OTHERS = 0o007;

function fileText(path: string, unusable: (detail: string) => WatchError): string {
  try {
    const { mode, size } = statSync(path);
    if ((mode & READABLE_BY_OTHERS) !== 0)
      throw unusable('every user may read the secret file: chmod 600 it');
    if (size > SECRET_MAX_BYTES) throw unusable(`the secret file is longer than ${SECRET_MAX_BYTES} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof WatchError) throw error;
    throw unusable('the secret file cannot be read');
  }
}

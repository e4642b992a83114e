import { WebError } from './web-error.ts';

/** Names and values in one query, or one form: a search with every key has some hundred. */
const PARAMETERS_MAX = 2048;

/** Parameters of a query (PS3.18 8.3.1), names as they were sent. */
export class UriQuery {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  private constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  /** @param text without its question mark; also the body of a form. @throws WebError 400 */
  static parse(text: string): UriQuery {
    const values = new Map<string, string[]>();
    let count = 0;
    for (const pair of text === '' ? [] : text.split('&')) {
      if (pair === '') continue;
      if (++count > PARAMETERS_MAX) throw new WebError(400, 'TOO_MANY_PARAMETERS');
      const equals = pair.indexOf('=');
      const name = decoded(equals < 0 ? pair : pair.slice(0, equals));
      const value = equals < 0 ? '' : decoded(pair.slice(equals + 1));
      const known = values.get(name);
      if (known) known.push(value);
      else values.set(name, [value]);
    }
    return new UriQuery(values);
  }

  names(): IterableIterator<string> {
    return this.#values.keys() as IterableIterator<string>;
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The one value; undefined when there is none. @throws WebError 400 when there are several */
  one(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) throw new WebError(400, 'PARAMETER_REPEATED');
    return values[0];
  }
}

function decoded(text: string): string {
  try {
    const value = decodeURIComponent(text.replaceAll('+', ' '));
    // NUL and friends are in no value of DICOM that is searched for.
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code < 0x20 && code !== 9 && code !== 10 && code !== 12 && code !== 13)
        throw new WebError(400, 'BAD_QUERY');
    }
    return value;
  } catch (error) {
    throw error instanceof WebError ? error : new WebError(400, 'BAD_QUERY');
  }
}

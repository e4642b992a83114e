import type { Connection, Statement } from './dialect.ts';
import { REMEMBERED_TEXTS_MAX } from './limits.ts';

/** UIDs of SOP classes and transfer syntaxes, and AE titles: rows refer to them by number. */
export class KnownTexts {
  readonly #ids = new Map<string, number>();
  readonly #texts = new Map<number, string>();
  readonly #find: Statement<[text: string], readonly [number]>;
  readonly #read: Statement<[id: number], readonly [string]>;
  readonly #insert: Statement<[text: string], readonly []>;

  constructor(connection: Connection) {
    this.#find = connection.statement<[string], readonly [number]>((db, [text]) =>
      db.selectFrom('known_text').select('id').where('text', '=', text),
    );
    this.#read = connection.statement<[number], readonly [string]>((db, [id]) =>
      db.selectFrom('known_text').select('text').where('id', '=', id),
    );
    this.#insert = connection.statement<[string]>((db, [text]) =>
      db.insertInto('known_text').values({ text }),
    );
  }

  /** The number of a text, given to it if it is new. */
  idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    let row = this.#find.get(text);
    if (row === undefined) {
      this.#insert.run(text);
      row = this.#find.get(text);
    }
    const [id] = row as readonly [number];
    this.#remember(id, text);
    return id;
  }

  textOf(id: number): string {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const [text = ''] = this.#read.get(id) ?? [];
    this.#remember(id, text);
    return text;
  }

  /** After a transaction that failed: numbers given in it are not in the table. */
  forget(): void {
    this.#ids.clear();
    this.#texts.clear();
  }

  #remember(id: number, text: string): void {
    if (this.#ids.size >= REMEMBERED_TEXTS_MAX) this.forget();
    this.#ids.set(text, id);
    this.#texts.set(id, text);
  }
}

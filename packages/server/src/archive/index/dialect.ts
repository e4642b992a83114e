import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  type LimitNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Tables } from './schema.ts';

/**
 * SQLite plans for the number that is bound to a bare `limit ?`, and plans anew at each execution for it: three times
 * the cost of an exact query. The number that a sum gives is not looked at.
 */
class PlanOnceCompiler extends SqliteQueryCompiler {
  protected override visitLimit(node: LimitNode): void {
    this.append('limit 0 + ');
    this.visitNode(node.limit);
  }
}

/**
 * Kysely builds the SQL, so that another database can be given the same queries; node:sqlite runs it, at once and
 * on this thread. What a promise per row would cost is more than most of these statements take.
 */
const builder = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new PlanOnceCompiler(),
  },
});

/** Stands in a query for the argument of that position; values that are no placeholders are bound as they are. */
class Placeholder {
  readonly position: number;
  constructor(position: number) {
    this.position = position;
  }
}

type Arguments = readonly SQLInputValue[];

/** The placeholders of a query's arguments, typed as the arguments they stand for. */
type Placeholders<Args extends Arguments> = { [Index in keyof Args]: Args[Index] };

/** Rows of an Insertion that one statement writes: more at once gain nothing. */
const rowsAtOnce = 16;
const columnsMax = 16;
const placeholdersMax = rowsAtOnce * columnsMax;
const placeholders = Array.from({ length: placeholdersMax }, (_, position) => new Placeholder(position));

/** A statement made of another one's text, with the same parameters; a constant, for it is prepared once. */
export type Derivation = (sql: string) => string;

const countOfAll: Derivation = (sql) => `select count(*) from (${sql})`;
const idsOfAll: Derivation = (sql) => `select json_group_array(id) from (${sql})`;
const lastOfPage: Derivation = (sql) => {
  const page = / limit 0 \+ \?$/;
  if (!page.test(sql)) throw new Error('a statement without a limit has no pages');
  return sql.replace(page, ' limit 1 offset ? - 1');
};

/** One query, compiled by kysely and prepared by SQLite at its first use. */
export class Statement<Args extends Arguments, Row> {
  readonly #database: DatabaseSync;
  readonly #query: (db: Kysely<Tables>, args: Placeholders<Args>) => { compile(): CompiledQuery };
  #prepared: StatementSync | undefined;
  readonly #derived = new Map<Derivation, StatementSync>();
  /** For each parameter the position of its argument, or the value that was given in the query. */
  #binding: readonly (number | { readonly value: SQLInputValue })[] = [];
  /** Whether the parameters are the arguments, one by one. */
  #inOrder = false;

  constructor(
    database: DatabaseSync,
    query: (db: Kysely<Tables>, args: Placeholders<Args>) => { compile(): CompiledQuery },
  ) {
    this.#database = database;
    this.#query = query;
  }

  /** Rows, each an array of the selected columns in their order: half the cost of objects. */
  all(...args: Args): Row[] {
    return this.#statement().all(...this.#bind(args)) as unknown[] as Row[];
  }

  get(...args: Args): Row | undefined {
    return this.#statement().get(...this.#bind(args)) as Row | undefined;
  }

  run(...args: Args): number {
    return Number(this.#statement().run(...this.#bind(args)).changes);
  }

  /** How many rows there would be. */
  count(...args: Args): number {
    return this.over<readonly [number]>(countOfAll, ...args)[0];
  }

  /** The numbers in the column `id` of the rows there would be: less than half the cost of the rows. */
  ids(...args: Args): readonly number[] {
    return JSON.parse(this.over<readonly [string]>(idsOfAll, ...args)[0]) as number[];
  }

  /** The last row of a page that is full, without those before it; undefined when there are fewer rows than its limit. */
  last(...args: Args): Row | undefined {
    return this.#derive(lastOfPage).get(...this.#bind(args)) as Row | undefined;
  }

  /** The one row that an aggregate over the rows gives. */
  over<Aggregate>(aggregate: Derivation, ...args: Args): Aggregate {
    return this.#derive(aggregate).get(...this.#bind(args)) as Aggregate;
  }

  /** How SQLite would run it: the lines of EXPLAIN QUERY PLAN. For tests. */
  plan(...args: Args): string[] {
    const { sql } = this.#compile();
    const rows = this.#database.prepare(`explain query plan ${sql}`).all(...this.#bind(args));
    return rows.map((row) => String(row['detail']));
  }

  #statement(): StatementSync {
    if (this.#prepared === undefined) {
      this.#prepared = this.#database.prepare(this.#compile().sql);
      this.#prepared.setReturnArrays(true);
    }
    return this.#prepared;
  }

  #derive(derivation: Derivation): StatementSync {
    let statement = this.#derived.get(derivation);
    if (statement === undefined) {
      statement = this.#database.prepare(derivation(this.#compile().sql));
      statement.setReturnArrays(true);
      this.#derived.set(derivation, statement);
    }
    return statement;
  }

  #compile(): CompiledQuery {
    const compiled = this.#query(builder, placeholders as unknown as Placeholders<Args>).compile();
    this.#binding = compiled.parameters.map((value) =>
      value instanceof Placeholder ? value.position : { value: value as SQLInputValue },
    );
    this.#inOrder = this.#binding.every((each, index) => each === index);
    return compiled;
  }

  #bind(args: Args): Arguments {
    if (this.#inOrder && args.length === this.#binding.length) return args;
    const values: SQLInputValue[] = [];
    for (const each of this.#binding) {
      values.push(typeof each === 'number' ? (args[each] as SQLInputValue) : each.value);
    }
    return values;
  }
}

/** Inserts rows of one table. Those that are collected are written together, at half the cost of one by one. */
export class Insertion<Args extends Arguments> {
  readonly #one: Statement<Arguments, unknown>;
  readonly #many: Statement<Arguments, unknown>;
  readonly #columns: number;
  #collected: SQLInputValue[] = [];

  constructor(
    database: DatabaseSync,
    columns: number,
    query: (db: Kysely<Tables>, rows: Placeholders<Args>[]) => { compile(): CompiledQuery },
  ) {
    this.#columns = columns;
    const ofRows = (count: number): Statement<Arguments, unknown> =>
      new Statement<Arguments, unknown>(database, (db, all) => {
        const rows = Array.from({ length: count }, (_, row) => all.slice(row * columns, (row + 1) * columns));
        return query(db, rows as unknown as Placeholders<Args>[]);
      });
    this.#one = ofRows(1);
    this.#many = ofRows(rowsAtOnce);
  }

  /** Writes a row now. */
  run(...args: Args): void {
    this.#one.run(...args);
  }

  /** Takes a row that `flush` writes, if it was not written before that. */
  collect(...args: Args): void {
    this.#collected.push(...args);
    if (this.#collected.length < rowsAtOnce * this.#columns) return;
    this.#many.run(...this.#take());
  }

  flush(): void {
    const values = this.#take();
    for (let at = 0; at < values.length; at += this.#columns) {
      this.#one.run(...values.slice(at, at + this.#columns));
    }
  }

  /** Forgets what was collected: its transaction failed. */
  discard(): void {
    this.#take();
  }

  plan(...args: Args): string[] {
    return this.#one.plan(...args);
  }

  #take(): SQLInputValue[] {
    const values = this.#collected;
    this.#collected = [];
    return values;
  }
}

/** The connection of an index. */
export class Connection {
  readonly database: DatabaseSync;

  constructor(location: string) {
    this.database = new DatabaseSync(location);
  }

  /** @param query called once, with placeholders for the arguments */
  statement<Args extends Arguments, Row extends readonly unknown[] = readonly []>(
    query: (db: Kysely<Tables>, args: Placeholders<Args>) => { compile(): CompiledQuery },
  ): Statement<Args, Row> {
    return new Statement<Args, Row>(this.database, query);
  }

  /** @param query called with placeholders for some rows, whose columns are in the order of the arguments */
  insertion<Args extends Arguments>(
    columns: number,
    query: (db: Kysely<Tables>, rows: Placeholders<Args>[]) => { compile(): CompiledQuery },
  ): Insertion<Args> {
    return new Insertion<Args>(this.database, columns, query);
  }

  execute(statements: readonly { compile(): { readonly sql: string } }[]): void {
    for (const each of statements) this.database.exec(each.compile().sql);
  }

  /** All or nothing. */
  transaction<Result>(work: () => Result): Result {
    this.database.exec('begin immediate');
    try {
      const result = work();
      this.database.exec('commit');
      return result;
    } catch (error) {
      this.database.exec('rollback');
      throw error;
    }
  }

  close(): void {
    this.database.close();
  }
}

/** The builder alone, for statements that are run as text. */
export const queryBuilder: Kysely<Tables> = builder;

import { decide } from '../access/index.ts';
import type { Archive } from '../archive/archive.ts';
import type { TrailEntry } from '../audit-trail/index.ts';
import type { Verb } from '../identity/index.ts';
import type { Caller } from './caller.ts';
import type { QuarantineBudget } from './quarantine-budget.ts';
import type { QueryBudget } from './query-budget.ts';
import type { SeriesName } from './quiet-work.ts';

export type Subject = NonNullable<TrailEntry['subject']>;
export type Detail = NonNullable<TrailEntry['detail']>;
export type Outcome = TrailEntry['outcome'];

/** What every operation works on. */
export interface Workplace {
  archive: Archive<TrailEntry>;
  nowMs: () => number;
  budget: QueryBudget;
  /** What callers may bring into quarantine. */
  quarantine: QuarantineBudget;
  /** Told of a series when something was stored to it, after it was acknowledged; must do next to nothing. */
  onStored?: (series: SeriesName) => void;
}

/** The caller may not do this. `reason` is a stable code, safe to show and to record. */
export class Refused extends Error {
  readonly code = 'REFUSED';
  readonly reason: string;
  constructor(reason: string) {
    super(`refused: ${reason}`);
    this.reason = reason;
  }
}

/** Codes longer than this are not ours. */
const MAX_REASON_LENGTH = 64;

/** A stable code for the trail; never a message, which could carry what was sent. */
export function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.reason;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code.slice(0, MAX_REASON_LENGTH) : 'UNEXPECTED';
}

/**
 * One verb, carried out once for one caller: authorised before anything is done, recorded exactly once
 * whatever comes of it. There is no other way to the archive (law: one way in).
 */
export class Operation {
  readonly workplace: Workplace;
  readonly verb: Verb;
  readonly caller: Caller;
  readonly #subject: Subject;
  /** Facts that every entry of this operation carries; an operation may learn them before it fails. */
  detail: Detail = {};
  #recorded = false;

  private constructor(workplace: Workplace, verb: Verb, caller: Caller, subject: Subject) {
    this.workplace = workplace;
    this.verb = verb;
    this.caller = caller;
    this.#subject = subject;
  }

  /** Throws Refused, with the refusal on its way into the trail: `recorded` resolves when it is durable. */
  static begin(workplace: Workplace, verb: Verb, caller: Caller, subject: Subject = {}): Operation {
    const operation = new Operation(workplace, verb, caller, subject);
    const decision = decide(caller.principal, verb, subject);
    if (!decision.allowed) throw new Refusal(operation, decision.reason);
    return operation;
  }

  get recorded(): boolean {
    return this.#recorded;
  }

  /** The trail entry of this operation, for whoever makes it durable together with what it records. */
  entry(outcome: Outcome, about: { subject?: Subject; reason?: string; detail?: Detail } = {}): TrailEntry {
    this.#recorded = true;
    const { principal, peer } = this.caller;
    const detail = { ...this.detail, ...about.detail };
    return {
      at: this.workplace.nowMs(),
      verb: this.verb,
      outcome,
      principal: { kind: principal.kind, id: principal.id, via: principal.via },
      ...(peer ? { peer } : {}),
      subject: { ...this.#subject, ...about.subject },
      ...(about.reason === undefined ? {} : { reason: about.reason }),
      ...(Object.keys(detail).length === 0 ? {} : { detail }),
    };
  }

  /** Resolves when the entry is durable. */
  async record(
    outcome: Outcome,
    about: { subject?: Subject; reason?: string; detail?: Detail } = {},
  ): Promise<void> {
    await this.workplace.archive.note(this.entry(outcome, about));
  }

  /** Records a failure unless an outcome was recorded before. */
  async recordFailure(error: unknown, subject?: Subject): Promise<void> {
    if (this.#recorded) return;
    const outcome = error instanceof Refused ? 'refused' : 'failed';
    await this.record(outcome, { reason: reasonOf(error), ...(subject ? { subject } : {}) });
  }
}

/** Internal: a refusal that still has to be recorded. */
class Refusal extends Refused {
  readonly operation: Operation;
  constructor(operation: Operation, reason: string) {
    super(reason);
    this.operation = operation;
  }
}

/** Waits until the refusal, if it is one, stands in the trail; gives the error to throw on. */
export async function recorded(error: unknown): Promise<unknown> {
  if (error instanceof Refusal && !error.operation.recorded) await error.operation.recordFailure(error);
  return error;
}

/** What was asked for, or how to read it: reading happens inside the operation, so that a request that cannot be
 *  read stands in the trail like any other. */
export type Later<Value> = Value | (() => Value);

export function now<Value extends object>(later: Later<Value>): Value {
  return typeof later === 'function' ? later() : later;
}

/** Authorise, do, record: for every verb whose outcome is known when `run` ends. */
export async function carryOut<Result>(
  workplace: Workplace,
  verb: Verb,
  caller: Caller,
  subject: Subject,
  run: (operation: Operation) => Promise<Result> | Result,
): Promise<Result> {
  let operation: Operation;
  try {
    operation = Operation.begin(workplace, verb, caller, subject);
  } catch (error) {
    throw await recorded(error);
  }
  try {
    const result = await run(operation);
    if (!operation.recorded) await operation.record('success');
    return result;
  } catch (error) {
    await operation.recordFailure(error);
    throw error;
  }
}

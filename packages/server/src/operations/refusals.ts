import type { TrailEntry } from '../audit-trail/index.ts';
import type { Workplace } from './operation.ts';

/** Refusals of one address recorded one by one in a minute; further ones are counted and recorded together,
 *  so that a stranger who knocks all day cannot fill the disk with entries. */
const RECORDED_PER_MINUTE = 60;
const MINUTE_MS = 60_000;
/** Addresses watched at once. */
const MAX_ADDRESSES = 10_000;

/** No address: where those are counted for whom there is no room. */
const ALL_OTHERS = '';

interface Knocks {
  since: number;
  recorded: number;
  uncounted: number;
  last: TrailEntry | undefined;
}

/** Records those who were not let in: no principal, or one that may not do what it came for. */
export class Refusals {
  readonly #workplace: Workplace;
  readonly #knocks = new Map<string, Knocks>();
  readonly #timer: NodeJS.Timeout;

  constructor(workplace: Workplace) {
    this.#workplace = workplace;
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), MINUTE_MS);
    this.#timer.unref();
  }

  async record(refusal: {
    peer: { address: string; port: number };
    reason: string;
    claimed?: { aeTitle?: string; calledAETitle?: string; certificateSerial?: string };
  }): Promise<void> {
    const now = this.#workplace.nowMs();
    const { address } = refusal.peer;
    const watched = this.#knocks.has(address) || this.#knocks.size < MAX_ADDRESSES;
    // Whoever has addresses without number shares one count: they could fill the disk like one who knocks all day.
    const counted = watched ? address : ALL_OTHERS;
    const before = this.#knocks.get(counted);
    const isOver = before !== undefined && now - before.since > MINUTE_MS;
    const knocks = before && !isOver ? before : { since: now, recorded: 0, uncounted: 0, last: undefined };
    this.#knocks.set(counted, knocks);
    if (isOver) await this.#recordUncounted(before);
    const entry: TrailEntry = {
      at: now,
      verb: 'connect',
      outcome: 'refused',
      principal: { kind: 'device', id: refusal.claimed?.aeTitle ?? '', via: 'none' },
      peer: refusal.peer,
      reason: refusal.reason,
      detail: {
        ...(refusal.claimed?.calledAETitle === undefined ? {} : { called: refusal.claimed.calledAETitle }),
        ...(refusal.claimed?.certificateSerial === undefined
          ? {}
          : { serial: refusal.claimed.certificateSerial }),
      },
    };
    if (knocks.recorded >= RECORDED_PER_MINUTE) {
      knocks.uncounted++;
      knocks.last = entry;
      return;
    }
    knocks.recorded++;
    await this.#workplace.archive.note(entry);
  }

  /** Records what was only counted so far. */
  async flush(): Promise<void> {
    for (const [address, knocks] of this.#knocks) {
      this.#knocks.delete(address);
      await this.#recordUncounted(knocks);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #recordUncounted(knocks: Knocks): Promise<void> {
    if (!knocks.last || knocks.uncounted === 0) return;
    await this.#workplace.archive.note({ ...knocks.last, subject: { count: knocks.uncounted } });
  }
}

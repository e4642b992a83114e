import { Socket } from 'node:net';
import { isSocketShortage } from './socket-shortage.ts';

/**
 * What became of one port: answered, refused, silent until the wait was over, out of reach, given up, or not asked
 * because this machine had no socket for it.
 */
export type TriedState = 'open' | 'refused' | 'silent' | 'unreachable' | 'stopped' | 'no-socket';

/** What became of one port of a sweep; `out-of-scope` was not contacted. */
export type PortState = TriedState | 'out-of-scope';

/**
 * Tries one port after another: connects, sends nothing, closes. The socket object is used again for the next port when
 * nothing was connected to it: making a stream for each port takes longer than the connection itself.
 */
export class PortTrier {
  readonly #timer: NodeJS.Timeout;
  #socket: SweepSocket;
  #state: TriedState | undefined;
  #told: ((state: TriedState) => void) | undefined;

  constructor(timeoutMs: number) {
    this.#socket = this.#newSocket();
    // One timer, wound up again for each port. While a port is tried the socket keeps the process alive.
    this.#timer = setTimeout(() => this.#end('silent'), timeoutMs).unref();
  }

  /** Tries a port and tells its state, once, when the socket is closed. One port at a time. */
  try(address: string, port: number, told: (state: TriedState) => void): void {
    this.#told = told;
    this.#state = undefined;
    this.#timer.refresh();
    this.#socket.connect({ host: address, port });
  }

  /** Gives up the port that is being tried. */
  stop(): void {
    this.#end('stopped');
  }

  #newSocket(): SweepSocket {
    const socket = new SweepSocket((error) => this.#end(stateOf(error.code)));
    socket.on('connect', () => this.#end('open'));
    socket.on('close', () => this.#tell());
    return socket;
  }

  /** The first end counts; what comes while the socket closes, or while nothing is tried, does not. */
  #end(state: TriedState): void {
    if (this.#told === undefined || this.#state !== undefined) return;
    this.#state = state;
    this.#socket.destroy();
  }

  #tell(): void {
    const [told, state] = [this.#told, this.#state];
    if (told === undefined || state === undefined) return;
    this.#told = undefined;
    // What a stranger may have written into a socket must not be met by the next port.
    if (state === 'open') this.#socket = this.#newSocket();
    told(state);
  }
}

/**
 * A socket that tells of its failure and forgets it. Nearly every connection of a sweep is refused, and a stream that
 * is destroyed with an error writes out its stack, which takes a seventh of a sweep's time.
 */
class SweepSocket extends Socket {
  readonly #onFailure: (error: NodeJS.ErrnoException) => void;

  constructor(onFailure: (error: NodeJS.ErrnoException) => void) {
    super();
    this.#onFailure = onFailure;
  }

  override destroy(error?: NodeJS.ErrnoException): this {
    if (error !== undefined && !this.destroyed) this.#onFailure(error);
    return super.destroy();
  }
}

function stateOf(code: string | undefined): TriedState {
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'refused';
  if (code === 'ETIMEDOUT') return 'silent';
  return isSocketShortage(code) ? 'no-socket' : 'unreachable';
}

/** States after which the other ports of an address are not looked at. */
export const endsVisit: ReadonlySet<PortState> = new Set(['stopped', 'unreachable', 'no-socket']);

/** Why a port is not tried: it may not be; the run was stopped; leave to try it must be asked for again. */
export type Refusal = 'out-of-scope' | 'stopped' | 'lapsed';

/**
 * Tries the ports of an address one after the other, asking before each whether it may. A host that cannot be reached
 * on one port is not tried on the others.
 * @param told gets the states of the ports in their order: fewer than ports when the rest was not looked at
 * @param lacks there was no socket for a port, for so many times in a row: true when it will call `again`, later
 */
export function tryPorts(
  trier: PortTrier,
  address: string,
  ports: readonly number[],
  refusal: (port: number) => Refusal | undefined,
  told: (states: PortState[]) => void,
  lacks: (tries: number, again: () => void) => boolean = () => false,
): void {
  const states: PortState[] = [];
  let shortages = 0;
  const end = (state: PortState): void => {
    if (state === 'no-socket' && lacks(++shortages, next)) return;
    shortages = 0;
    states.push(state);
    if (endsVisit.has(state)) told(states);
    else next();
  };
  const next = (): void => {
    for (let port = ports[states.length]; port !== undefined; port = ports[states.length]) {
      const refused = refusal(port);
      if (refused === undefined) {
        trier.try(address, port, end);
        return;
      }
      if (refused === 'lapsed') break;
      states.push(refused);
      if (refused === 'stopped') break;
    }
    told(states);
  };
  next();
}

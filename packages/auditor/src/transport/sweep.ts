import { Socket } from 'node:net';
import type { Dialler } from './dialler.ts';

export type PortState = 'open' | 'refused' | 'silent' | 'unreachable' | 'out-of-scope' | 'stopped';

/**
 * Tries one port after the other of one address: connects, sends nothing, closes. Two at once is the most a host may
 * be asked; a sweep asks one. The connection is made without the accounting of `Dialler.connect`, because a national
 * sweep makes millions; the scope is asked all the same, and the record gets one line for each address.
 */
export async function sweepAddress(
  dialler: Dialler,
  address: string,
  ports: readonly number[],
  timeoutMs: number,
): Promise<number[]> {
  const open: number[] = [];
  let states = '';
  for (const port of ports) {
    const state = await tryPort(dialler, address, port, timeoutMs);
    states += `${states === '' ? '' : ' '}${port}:${state}`;
    if (state === 'open') open.push(port);
    if (state === 'stopped') break;
    // A host that does not exist on one port does not on the others.
    if (state === 'unreachable') break;
  }
  const outcome = open.length > 0 ? 'open' : 'closed';
  dialler.record({ check: 'sweep', purpose: 'which ports are open', address, ports: states, outcome });
  return open;
}

function tryPort(dialler: Dialler, address: string, port: number, timeoutMs: number): Promise<PortState> {
  if (dialler.signal.aborted) return Promise.resolve('stopped');
  if (dialler.refusal(address, port) !== undefined) return Promise.resolve('out-of-scope');
  return new Promise((resolve) => {
    const settle = (state: PortState): void => {
      clearTimeout(timer);
      resolve(state);
      socket.destroy();
    };
    const socket = new SweepSocket((error) => settle(stateOf(error.code)));
    const timer = setTimeout(() => settle('silent'), timeoutMs);
    socket.connect({ host: address, port }, () => settle('open'));
  });
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

function stateOf(code: string | undefined): PortState {
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'refused';
  return code === 'ETIMEDOUT' ? 'silent' : 'unreachable';
}

import type { AttestationAsker } from '../checks/check.ts';
import type { OptIn } from '../findings/index.ts';
import type { Scope, Target } from '../scope/index.ts';
import {
  SocketAskerOverDialler,
  SocketDicomAsker,
  SocketHttpAsker,
  SocketTlsAsker,
} from '../transport/index.ts';
import type { AskerContext, Dialler } from '../transport/index.ts';

export interface AskersOptions {
  readonly dialler: Dialler;
  readonly scope: Pick<Scope, 'rates' | 'isModalitySafe' | 'isOptedIn' | 'attested' | 'contact'>;
  readonly target: Pick<Target, 'address' | 'hostName' | 'calledAETitles'>;
  readonly port: number;
}

/** The askers of one port, made when they are first needed and kept, with their answers, until its checks are done. */
export class ServiceAskers {
  readonly port: number;
  readonly #scope: AskersOptions['scope'];
  readonly #context: AskerContext;
  readonly #dicom = new Map<boolean, SocketDicomAsker>();
  readonly #http = new Map<boolean, SocketHttpAsker>();
  #tls: SocketTlsAsker | undefined;
  #socket: SocketAskerOverDialler | undefined;

  constructor({ dialler, scope, target, port }: AskersOptions) {
    this.port = port;
    this.#scope = scope;
    this.#context = {
      dialler,
      address: target.address,
      port,
      rates: scope.rates,
      isModalitySafe: scope.isModalitySafe,
      isOptedIn: (optIn: OptIn) => scope.isOptedIn(optIn),
      hostName: target.hostName,
      knownAETitles: target.calledAETitles,
      contact: scope.contact,
      asking: { check: 'fingerprint' },
    };
  }

  /** From now on the record shows this check. */
  askFor(check: string): void {
    this.#context.asking.check = check;
  }

  dicom(isTls: boolean): SocketDicomAsker {
    return kept(this.#dicom, isTls, () => new SocketDicomAsker(this.#context, isTls));
  }

  http(isTls: boolean): SocketHttpAsker {
    return kept(this.#http, isTls, () => new SocketHttpAsker(this.#context, isTls));
  }

  tls(): SocketTlsAsker {
    this.#tls ??= new SocketTlsAsker(this.#context);
    return this.#tls;
  }

  socket(): SocketAskerOverDialler {
    this.#socket ??= new SocketAskerOverDialler(this.#context);
    return this.#socket;
  }

  /** Sends nothing: the scope has the answers. */
  attestation(): AttestationAsker {
    return this.#scope;
  }

  /** Ends what is still open. */
  async close(): Promise<void> {
    for (const asker of this.#dicom.values()) await asker.close();
  }
}

function kept<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const before = map.get(key);
  if (before !== undefined) return before;
  const made = make();
  map.set(key, made);
  return made;
}

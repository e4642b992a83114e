import { connect as connectPlain } from 'node:net';
import { connect as connectTLS, type ConnectionOptions } from 'node:tls';
import { TransferSyntaxUID } from '@leadglass/dicom';
import {
  type Association,
  CommandField,
  type PresentationContext,
  requestAssociation,
} from '@leadglass/network';
import type { Device, DeviceRegistry } from '../identity/index.ts';
import type { Imaging, InstanceRecord, StoredBytes } from '../operations/index.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from './implementation.ts';

/** One association carries at most 128 presentation contexts (PS3.8 9.3.2.2: odd IDs from 1 to 255). */
const MAX_CONTEXTS = 128;
const CONNECT_TIMEOUT_MS = 10_000;

/** What an instance is sent in when the peer does not take it as it is stored: the first of these it takes. */
const OTHER_SYNTAXES: readonly string[] = [
  TransferSyntaxUID.ExplicitVRLittleEndian,
  TransferSyntaxUID.ImplicitVRLittleEndian,
  TransferSyntaxUID.JPEGLSLossless,
  TransferSyntaxUID.HTJ2KLosslessRPCL,
  TransferSyntaxUID.RLELossless,
  TransferSyntaxUID.DeflatedExplicitVRLittleEndian,
];
/** Of these, what every peer takes one of: the default transfer syntax (PS3.5 10.1) and its explicit sister. */
const NATIVE_SYNTAXES = OTHER_SYNTAXES.slice(0, 2);

type Destination = NonNullable<Device['destination']>;

export interface RegisteredDestination {
  aeTitle: string;
  destination: Destination;
}

export interface Originator {
  aeTitle: string;
  messageID: number;
}

export interface DiallerOptions {
  registry: DeviceRegistry;
  aeTitle: string;
  tls: { caCertPem: string; keyPem: string; certPem: string };
  imaging?: Imaging | undefined;
}

/** Calls registered devices, and nobody else. */
export class DestinationDialler {
  readonly #options: DiallerOptions;

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /** The destination of this AE title; undefined when there is none, or its device was revoked. */
  find(aeTitle: string): RegisteredDestination | undefined {
    const device = this.#options.registry.find(aeTitle);
    if (!device?.destination || device.revokedAt !== undefined) return undefined;
    return { aeTitle, destination: device.destination };
  }

  /**
   * An association for sending these instances: one context for each SOP class and transfer syntax among them, and one
   * for each class in which they can go uncompressed.
   */
  async open(to: RegisteredDestination, instances: () => Iterable<InstanceRecord>): Promise<InstanceSender> {
    const pairs = new Map<string, { abstractSyntax: string; transferSyntaxes: string[] }>();
    for (const { sopClassUID, transferSyntaxUID } of instances()) {
      const pair = { abstractSyntax: sopClassUID, transferSyntaxes: [transferSyntaxUID] };
      if (pairs.size < MAX_CONTEXTS) pairs.set(`${sopClassUID} ${transferSyntaxUID}`, pair);
    }
    if (pairs.size === 0) return new InstanceSender(undefined);
    const { imaging } = this.#options;
    const contexts = [...pairs.values(), ...(imaging ? nativeContexts(pairs, imaging) : [])];
    return new InstanceSender(await this.associate(to, contexts.slice(0, MAX_CONTEXTS)), imaging);
  }

  associate(
    to: RegisteredDestination,
    presentationContexts: Parameters<typeof requestAssociation>[0]['presentationContexts'],
  ): Promise<Association> {
    return requestAssociation({
      connect: () => this.#connect(to.destination),
      callingAETitle: this.#options.aeTitle,
      calledAETitle: to.aeTitle,
      presentationContexts,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
    });
  }

  #connect({ host, port, security, fingerprint256 }: Destination) {
    if (security === 'plain') return connectPlain({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const { caCertPem, keyPem, certPem } = this.#options.tls;
    const options: ConnectionOptions = {
      host,
      port,
      key: keyPem,
      cert: certPem,
      minVersion: 'TLSv1.2',
      ca: [caCertPem],
      // A device is known by its certificate, not by a name in it: many carry none.
      checkServerIdentity: () => undefined,
    };
    if (fingerprint256 === undefined) return connectTLS(options);
    const socket = connectTLS({ ...options, rejectUnauthorized: false });
    socket.once('secureConnect', () => {
      const actual = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
      if (actual !== fingerprint256) socket.destroy(new Error('the destination shows another certificate'));
    });
    return socket;
  }
}

/** For each class with something that can be transcoded: the native syntaxes in which it is not offered anyway. */
function nativeContexts(
  pairs: ReadonlyMap<string, { abstractSyntax: string; transferSyntaxes: string[] }>,
  imaging: Imaging,
): { abstractSyntax: string; transferSyntaxes: string[] }[] {
  const contexts = new Map<string, { abstractSyntax: string; transferSyntaxes: string[] }>();
  for (const { abstractSyntax, transferSyntaxes } of pairs.values()) {
    const [stored = ''] = transferSyntaxes;
    const others = NATIVE_SYNTAXES.filter(
      (uid) => !pairs.has(`${abstractSyntax} ${uid}`) && imaging.canTranscode(stored, uid),
    );
    if (others.length > 0) contexts.set(abstractSyntax, { abstractSyntax, transferSyntaxes: others });
  }
  return [...contexts.values()];
}

/** Finds the context in which an instance can go out in a transfer syntax. */
export class ContextChooser {
  readonly #contexts = new Map<string, number>();

  constructor(contexts: readonly PresentationContext[]) {
    for (const { id, abstractSyntax, transferSyntax, isSCU } of contexts) {
      if (isSCU) this.#contexts.set(`${abstractSyntax} ${transferSyntax}`, id);
    }
  }

  choose(sopClassUID: string, transferSyntaxUID: string): number | undefined {
    return this.#contexts.get(`${sopClassUID} ${transferSyntaxUID}`);
  }
}

/** Sends instances over one association of ours, or over the one that asked (C-GET). */
export class InstanceSender {
  readonly #association: Association | undefined;
  readonly #chooser: ContextChooser;

  readonly #imaging: Imaging | undefined;

  constructor(association: Association | undefined, imaging?: Imaging) {
    this.#association = association;
    this.#imaging = imaging;
    this.#chooser = new ContextChooser(association?.presentationContexts ?? []);
  }

  /**
   * The data set in the transfer syntax it goes out in; undefined when the peer takes it in none we can make.
   * @param giveUp ends the waiting for room to make it, with NoRoom
   */
  open(
    source: StoredBytes,
    record: InstanceRecord,
    giveUp?: AbortSignal,
  ): AsyncGenerator<Uint8Array> | undefined {
    const uid = this.#syntaxFor(record);
    if (uid === undefined) return undefined;
    if (uid === record.transferSyntaxUID) return source.read(record);
    return this.#imaging?.whole({ source, record }, uid, giveUp);
  }

  /** As it is stored if the peer takes that. */
  #syntaxFor({ sopClassUID, transferSyntaxUID }: InstanceRecord): string | undefined {
    if (this.#chooser.choose(sopClassUID, transferSyntaxUID) !== undefined) return transferSyntaxUID;
    return OTHER_SYNTAXES.find(
      (uid) =>
        this.#chooser.choose(sopClassUID, uid) !== undefined &&
        this.#imaging?.canTranscode(transferSyntaxUID, uid) === true,
    );
  }

  /**
   * Sends what `open` gave. The status of the C-STORE-RSP; undefined when the peer takes this instance in no context.
   */
  async send(
    record: InstanceRecord,
    dataSet: AsyncIterable<Uint8Array>,
    originator?: Originator,
  ): Promise<number | undefined> {
    const uid = this.#syntaxFor(record);
    const context = uid === undefined ? undefined : this.#chooser.choose(record.sopClassUID, uid);
    if (!this.#association || context === undefined) return undefined;
    const fields = {
      commandField: CommandField['C-STORE-RQ'],
      affectedSOPClassUID: record.sopClassUID,
      affectedSOPInstanceUID: record.sopInstanceUID,
      priority: 0,
      ...(originator
        ? { moveOriginatorAETitle: originator.aeTitle, moveOriginatorMessageID: originator.messageID }
        : {}),
    };
    for await (const response of this.#association.request(fields, dataSet, context)) return response.status;
    return undefined;
  }

  /** Releases; an association that is gone already is no error here. */
  async close(): Promise<void> {
    await this.#association?.release().catch(() => undefined);
  }
}

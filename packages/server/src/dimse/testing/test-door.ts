import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Association,
  type ProposedContext,
  requestAssociation,
  type RequestorOptions,
} from '@leadglass/network';
import { CertificateAuthority, DeviceRegistry } from '../../identity/index.ts';
import { Refusals } from '../../operations/index.ts';
import { TestWorkplace } from '../../operations/testing/workplaces.ts';
import { DimseDoor, type DimseDoorOptions } from '../dimse-door.ts';

const ARCHIVE_AE_TITLE = 'LEADGLASS';
export const IMPLEMENTATION = {
  implementationClassUID: '2.25.11',
  implementationVersionName: 'TEST',
} as const;

/** A door on loopback, with old devices at 127.0.0.1 and an archive with its trail in memory behind it. */
export class TestDoor {
  readonly workplace: TestWorkplace;
  readonly registry: DeviceRegistry;
  readonly door: DimseDoor;
  readonly errors: unknown[];
  readonly caCertPem: string;
  readonly authority: CertificateAuthority;
  readonly #close: () => Promise<void>;
  plainPort = 0;
  tlsPort = 0;

  private constructor(parts: {
    workplace: TestWorkplace;
    registry: DeviceRegistry;
    door: DimseDoor;
    errors: unknown[];
    authority: CertificateAuthority;
    close: () => Promise<void>;
  }) {
    this.workplace = parts.workplace;
    this.registry = parts.registry;
    this.door = parts.door;
    this.errors = parts.errors;
    this.authority = parts.authority;
    this.caCertPem = parts.authority.certPem;
    this.#close = parts.close;
  }

  static async open(options: Partial<DimseDoorOptions> = {}): Promise<TestDoor> {
    const folder = mkdtempSync(join(tmpdir(), 'leadglass-door-'));
    const file = join(folder, 'devices.json');
    DeviceRegistry.create(file);
    const registry = DeviceRegistry.open(file);
    const made = await CertificateAuthority.create({ commonName: 'Test CA' });
    const authority = await CertificateAuthority.open({ certPem: made.certPem, keyPem: made.keyPem });
    const own = await authority.issue({ commonName: 'LEADGLASS', kind: 'server', hosts: ['localhost'] });
    const workplace = await TestWorkplace.open();
    const refusals = new Refusals(workplace);
    const errors: unknown[] = [];
    const door = new DimseDoor({
      aeTitle: ARCHIVE_AE_TITLE,
      registry,
      workplace,
      refusals,
      tls: { caCertPem: authority.certPem, serverKeyPem: own.keyPem, serverCertPem: own.certPem },
      associationsMax: 16,
      idleTimeoutMs: 10_000,
      onError: (error) => errors.push(error),
      ...options,
    });
    const close = async (): Promise<void> => {
      await door.close(0);
      await refusals.close();
      await workplace.close();
      rmSync(folder, { recursive: true });
    };
    const opened = new TestDoor({ workplace, registry, door, errors, authority, close });
    opened.plainPort = await door.listenPlain('127.0.0.1', 0);
    opened.tlsPort = await door.listenTLS('127.0.0.1', 0);
    return opened;
  }

  /** An old device at 127.0.0.1; with a port it can be called back. */
  async addDevice(aeTitle: string, verbs: string, port?: number): Promise<void> {
    await this.registry.add({
      aeTitle,
      verbs: verbs.split(','),
      plain: { address: '127.0.0.1', calledAETitle: ARCHIVE_AE_TITLE },
      ...(port === undefined ? {} : { destination: { host: '127.0.0.1', port } }),
    });
  }

  /** A device with a certificate of the door's authority. */
  async addCertifiedDevice(aeTitle: string, verbs: string): Promise<{ keyPem: string; certPem: string }> {
    const issued = await this.authority.issue({ commonName: aeTitle, kind: 'device' });
    await this.registry.add({ aeTitle, verbs: verbs.split(','), certificate: issued });
    return issued;
  }

  associate(
    callingAETitle: string,
    presentationContexts: readonly ProposedContext[],
    options: Partial<RequestorOptions> = {},
  ): Promise<Association> {
    return requestAssociation({
      connect: () => connect({ host: '127.0.0.1', port: this.plainPort }),
      callingAETitle,
      calledAETitle: ARCHIVE_AE_TITLE,
      presentationContexts,
      ...IMPLEMENTATION,
      ...options,
    });
  }

  /** Verb, outcome and reason of each entry of the trail. */
  trail(): string[] {
    return this.workplace.trail.map(({ verb, outcome, reason }) =>
      [verb, outcome, ...(reason === undefined ? [] : [reason])].join(' '),
    );
  }

  close(): Promise<void> {
    return this.#close();
  }
}

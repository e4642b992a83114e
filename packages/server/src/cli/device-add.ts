import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openInstallation, type OpenInstallation } from '../config/index.ts';
import {
  aeTitleFileName,
  CERTIFICATE_REQUEST_LENGTH_MAX,
  DeviceRegistry,
  DEVICES_KEY_PURPOSE,
  parseAETitle,
  parseFingerprint,
  parseHost,
  parsePort,
  parsePrivateAddress,
  parseVerbs,
  writeNewFile,
  type Device,
  type IssuedCertificate,
} from '../identity/index.ts';
import {
  chooseDataFolder,
  commandSecrets,
  CommandError,
  formatDay,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const CERTIFICATE_FILE_MODE = 0o644;

export interface CertificateOptions extends InstallationOptions {
  readonly out?: string;
  readonly csr?: string;
  readonly json?: boolean;
}

export interface DeviceAddOptions extends CertificateOptions {
  readonly may: string;
  readonly host?: string;
  readonly port?: string;
  readonly pin?: string;
  readonly plain?: boolean;
  readonly from?: string;
  readonly called?: string;
}

export interface DeviceRenewOptions extends CertificateOptions {
  readonly overlapDays?: string;
}

/** `leadglass device add`: one device, its certificate or its one address, and what it may do. */
export async function deviceAddCommand(
  text: string,
  options: DeviceAddOptions,
  context: CommandContext,
): Promise<number> {
  const aeTitle = parseAETitle(text);
  const verbs = parseVerbs(options.may);
  assertTogether(options);
  const { installation, registry } = await openForDevices(options, context);
  const destination = readDestination(options);
  if (options.plain === true) {
    const device = await registry.add({
      aeTitle,
      verbs,
      plain: { address: options.from ?? '', calledAETitle: options.called ?? installation.config.aeTitle },
      ...(destination === undefined ? {} : { destination }),
    });
    sayPlain(device, installation, options, context);
    return 0;
  }
  assertNotRegistered(registry, aeTitle);
  const bundle = await makeBundle(
    installation,
    aeTitle,
    options,
    destination === undefined ? [] : [destination.host],
  );
  await registry.add({
    aeTitle,
    verbs,
    certificate: bundle.certificate,
    ...(destination === undefined ? {} : { destination }),
  });
  sayBundle(`${aeTitle} may now ${verbs.join(', ')}`, aeTitle, bundle, options, context);
  return 0;
}

/** `leadglass device renew`: a further certificate; the old one goes on for the overlap. */
export async function deviceRenewCommand(
  text: string,
  options: DeviceRenewOptions,
  context: CommandContext,
): Promise<number> {
  const aeTitle = parseAETitle(text);
  const { installation, registry } = await openForDevices(options, context);
  const device = registry.find(aeTitle);
  if (device === undefined)
    throw new CommandError('BAD_ARGUMENT', `${aeTitle} is not registered: device add it`);
  if (device.revokedAt !== undefined) {
    throw new CommandError('BAD_ARGUMENT', `${aeTitle} is revoked: device add it again instead`);
  }
  if (device.plain !== undefined) {
    throw new CommandError(
      'BAD_ARGUMENT',
      `${aeTitle} speaks clear text and has no certificate: to move it to TLS, device revoke it, then device add it without --plain`,
    );
  }
  const overlapDays = wholeNumber(
    '--overlap-days',
    options.overlapDays ?? String(installation.config.certificates.renewalOverlapDays),
  );
  const hosts = device.destination === undefined ? [] : [device.destination.host];
  const bundle = await makeBundle(installation, aeTitle, options, hosts);
  const overlapEndsAt = (context.clock ?? Date.now)() + overlapDays * DAY_MS;
  await registry.renew(aeTitle, bundle.certificate, overlapEndsAt);
  const until = `its earlier certificates open the door until ${formatDay(overlapEndsAt)}`;
  sayBundle(`${aeTitle} has a new certificate; ${until}`, aeTitle, bundle, options, context);
  return 0;
}

export async function openForDevices(
  options: InstallationOptions,
  context: CommandContext,
): Promise<{ installation: OpenInstallation; registry: DeviceRegistry }> {
  const { installation, clock } = await openSecrets(options, context);
  const key = installation.masterKey.derive(DEVICES_KEY_PURPOSE);
  return {
    installation,
    registry: DeviceRegistry.open(installation.folders.registryFile, { ...clock, key }),
  };
}

/** The installation with its key. */
export async function openSecrets(
  options: InstallationOptions,
  context: CommandContext,
): Promise<{ installation: OpenInstallation; clock: { clock?: () => number } }> {
  const clock = context.clock === undefined ? {} : { clock: context.clock };
  const installation = await openInstallation(
    chooseDataFolder(options, context),
    commandSecrets(options, context),
    { ...clock, ...(options.config === undefined ? {} : { configFile: options.config }) },
  );
  return { installation, clock };
}

function assertTogether(options: DeviceAddOptions): void {
  const refuse = (message: string): never => {
    throw new CommandError('BAD_ARGUMENT', message);
  };
  if (options.plain === true && options.from === undefined) {
    refuse('--plain needs --from ADDRESS: the one private address this device calls from');
  }
  if (options.plain !== true && (options.from !== undefined || options.called !== undefined)) {
    refuse('--from and --called belong to --plain; a device with a certificate may call from anywhere');
  }
  if (
    options.plain === true &&
    (options.csr !== undefined || options.out !== undefined || options.pin !== undefined)
  ) {
    refuse('--plain is for a device without TLS: it gets no certificate (--csr, --out, --pin)');
  }
  if ((options.host === undefined) !== (options.port === undefined)) {
    refuse('--host and --port go together: they say where C-MOVE sends to');
  }
  if (options.pin !== undefined && options.host === undefined) refuse('--pin needs --host and --port');
  // Before the installation is opened, so that a typing error costs nothing.
  if (options.from !== undefined) parsePrivateAddress(options.from);
}

function assertNotRegistered(registry: DeviceRegistry, aeTitle: string): void {
  const existing = registry.find(aeTitle);
  if (existing !== undefined && existing.revokedAt === undefined) {
    throw new CommandError(
      'BAD_ARGUMENT',
      `${aeTitle} is registered already: device renew gives it a new certificate, device revoke ends it`,
    );
  }
}

function readDestination(
  options: DeviceAddOptions,
): { host: string; port: number; fingerprint256?: string } | undefined {
  if (options.host === undefined || options.port === undefined) return undefined;
  // Checked before anything is issued: a key on the disk for a device that was then refused helps nobody.
  const port = parsePort(wholeNumber('--port', options.port));
  const host = options.plain === true ? parsePrivateAddress(options.host) : parseHost(options.host);
  return {
    host,
    port,
    ...(options.pin === undefined ? {} : { fingerprint256: parseFingerprint(options.pin) }),
  };
}

interface Bundle {
  readonly certificate: IssuedCertificate;
  /** undefined when the certificate went to stdout. */
  readonly folder?: string;
  readonly hasKey: boolean;
}

/** Issues, and writes key.pem (0600), cert.pem and ca.pem; existing files are never overwritten. */
async function makeBundle(
  installation: OpenInstallation,
  aeTitle: string,
  options: CertificateOptions,
  hosts: readonly string[],
): Promise<Bundle> {
  const toStdout = options.csr !== undefined && options.out === undefined;
  const folder = resolve(options.out ?? `${aeTitleFileName(aeTitle)}-certificate`);
  const files = ['key.pem', 'cert.pem', 'ca.pem'].map((name) => join(folder, name));
  const existing = toStdout ? undefined : files.find((file) => existsSync(file));
  if (existing !== undefined) {
    throw new CommandError('FILE_EXISTS', `not overwritten: ${existing}; choose another folder with --out`);
  }
  const authority = await installation.authority();
  const subject = {
    commonName: aeTitle,
    kind: 'device' as const,
    hosts,
    validityDays: installation.config.certificates.deviceValidityDays,
  };
  const request = options.csr === undefined ? undefined : readRequest(options.csr);
  const issued =
    request === undefined ? await authority.issue(subject) : await authority.signCSR(request, subject);
  const { certPem, fingerprint256, serial, notBefore, notAfter } = issued;
  const certificate = { certPem, fingerprint256, serial, notBefore, notAfter };
  if (toStdout) return { certificate, hasKey: false };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keyPem = 'keyPem' in issued && typeof issued.keyPem === 'string' ? issued.keyPem : undefined;
  if (keyPem !== undefined) writeNewFile(join(folder, 'key.pem'), keyPem);
  writeNewFile(join(folder, 'cert.pem'), certPem, CERTIFICATE_FILE_MODE);
  writeNewFile(join(folder, 'ca.pem'), installation.caCertPem, CERTIFICATE_FILE_MODE);
  return { certificate, folder, hasKey: keyPem !== undefined };
}

function readRequest(file: string): string {
  if (statSync(file).size > CERTIFICATE_REQUEST_LENGTH_MAX) {
    throw new CommandError('BAD_ARGUMENT', `${file} is too long for a certificate request`);
  }
  return readFileSync(file, 'utf8');
}

function sayBundle(
  what: string,
  aeTitle: string,
  bundle: Bundle,
  options: CertificateOptions,
  context: CommandContext,
): void {
  const { certPem, serial, notAfter, fingerprint256 } = bundle.certificate;
  if (options.json === true) {
    const place = bundle.folder === undefined ? { certificate: certPem } : { folder: bundle.folder };
    writeJson(context.stdout, {
      aeTitle,
      serial,
      fingerprint256,
      validUntil: new Date(notAfter).toISOString(),
      ...place,
    });
    return;
  }
  if (bundle.folder === undefined) {
    context.stdout.write(certPem);
    context.stderr.write(`${what}\n`);
    return;
  }
  const files = bundle.hasKey ? 'key.pem, cert.pem and ca.pem' : 'cert.pem and ca.pem';
  const advice = bundle.hasKey ? '; bring them to the device, then remove key.pem here' : '';
  context.stdout.write(
    `${what}\n  certificate ${serial}, valid until ${formatDay(notAfter)}\n  ${files} in ${bundle.folder}${advice}\n`,
  );
}

function sayPlain(
  device: Device,
  installation: OpenInstallation,
  options: DeviceAddOptions,
  context: CommandContext,
): void {
  const { aeTitle, plain, verbs } = device;
  if (options.json === true) {
    writeJson(context.stdout, { aeTitle, plain });
    return;
  }
  const { host, port } = installation.config.dimse.plain;
  context.stdout.write(
    `${aeTitle} may now ${verbs.join(', ')} in clear text, from ${plain?.address ?? ''} to ${plain?.calledAETitle ?? ''} only\n` +
      `  whoever can listen or write on that network can read and forge what it sends; replace or shield it when you can\n` +
      `  the clear-text listener is ${host}:${port}; a server that runs must be restarted if this is the first such device\n`,
  );
}

export function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new CommandError('BAD_ARGUMENT', `${name} is a whole number`);
  return Number(text);
}

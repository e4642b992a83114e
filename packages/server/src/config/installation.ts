import { randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AuditTrail } from '../audit-trail/trail.ts';
import { DEVICES_KEY_PURPOSE } from '../identity/registry-file.ts';
import { CertificateAuthority } from '../identity/certificate-authority.ts';
import { DeviceRegistry } from '../identity/device-registry.ts';
import { createOneTimeToken } from '../identity/one-time-token.ts';
import { writeNewFile, writePrivateFile, PRIVATE_FOLDER_MODE } from '../identity/private-file.ts';
import { readSealedFile, writeSealedFile } from '../identity/sealed-file.ts';
import { ConfigError } from './errors.ts';
import {
  createMasterKey,
  defaultKeyFile,
  type MasterKey,
  newPassphraseParameters,
  openMasterKey,
} from './master-key.ts';
import { readConfig } from './read-config.ts';
import type { Config, ConfigInput } from './schema.ts';

const INSTALLATION_VERSION = 1;
/** Who sets the archive up has this long to open the first link. */
export const FIRST_LINK_VALIDITY_MS = 24 * 60 * 60 * 1000;
/** The archive's own certificate is issued anew at a start within this time of its end. */
export const SERVER_RENEWAL_MS = 60 * 24 * 60 * 60 * 1000;
const CA_KEY_PURPOSE = 'identity/ca-key';
const SERVER_KEY_PURPOSE = 'identity/server-key';
/** `masterKey.derive(TRAIL_KEY_PURPOSE)` is the key of the audit trail. */
export const TRAIL_KEY_PURPOSE = 'audit-trail';

/** Where everything lies in a data folder. */
export interface InstallationFolders {
  readonly data: string;
  readonly configFile: string;
  readonly installationFile: string;
  readonly identity: string;
  readonly caCertFile: string;
  readonly caKeyFile: string;
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  readonly registryFile: string;
  readonly enrolmentFile: string;
  readonly trail: string;
  readonly packs: string;
  readonly studyKeys: string;
  readonly indexFile: string;
  readonly lockFile: string;
}

export function installationFolders(dataFolder: string): InstallationFolders {
  const data = resolve(dataFolder);
  const identity = join(data, 'identity');
  return {
    data,
    configFile: join(data, 'leadglass.toml'),
    installationFile: join(data, 'installation.json'),
    identity,
    caCertFile: join(identity, 'ca-cert.pem'),
    caKeyFile: join(identity, 'ca-key.sealed'),
    serverCertFile: join(identity, 'server-cert.pem'),
    serverKeyFile: join(identity, 'server-key.sealed'),
    registryFile: join(identity, 'devices.json'),
    enrolmentFile: join(identity, 'enrolment.json'),
    trail: join(data, 'trail'),
    packs: join(data, 'packs'),
    studyKeys: join(data, 'study-keys'),
    indexFile: join(data, 'index.sealed'),
    lockFile: join(data, 'lock'),
  };
}

/** Bounds on argon2's cost: the file lies in the data folder, and its numbers must not be able to stop a start. */
const installationSchema = z.strictObject({
  version: z.literal(INSTALLATION_VERSION),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  createdAt: z.number(),
  keyCheck: z.string().regex(/^[0-9a-f]{64}$/),
  passphrase: z
    .strictObject({
      salt: z.string().regex(/^[0-9a-f]{32,128}$/),
      memory: z.number().int().min(19_456).max(1_048_576),
      passes: z.number().int().min(1).max(16),
      parallelism: z.number().int().min(1).max(16),
    })
    .optional(),
});

export type InstallationRecord = z.output<typeof installationSchema>;

/** Whether the folder holds a finished installation of ours. */
export function isInstallation(dataFolder: string): boolean {
  return existsSync(installationFolders(dataFolder).installationFile);
}

export interface InitialiseOptions {
  readonly dataFolder: string;
  /** Default: ${XDG_CONFIG_HOME:-~/.config}/leadglass/keys/<installation id>.key */
  readonly keyFile?: string;
  /** Instead of a key file. */
  readonly passphrase?: string;
  /** DNS names and addresses under which the archive is reached. */
  readonly hosts?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: () => number;
}

export interface Initialised {
  readonly dataFolder: string;
  /** Path of the authority's certificate in PEM. */
  readonly caCertificate: string;
  /** One-time link for the first administrator; the token is after the `#`, so no server log ever holds it. */
  readonly enrolmentUrl: string;
  /** undefined with a passphrase. */
  readonly keyFile?: string;
  readonly installationID: string;
  readonly masterKey: MasterKey;
}

/**
 * A new installation: master key, authority, the archive's certificate, empty registry, configuration, empty audit
 * trail. Never overwrites: the folder must be absent or empty.
 * @throws ConfigError DATA_FOLDER_EXISTS, DATA_FOLDER_NOT_EMPTY, KEY_FILE_...
 */
export async function initialiseInstallation(options: InitialiseOptions): Promise<Initialised> {
  const clock = options.clock ?? Date.now;
  const folders = installationFolders(options.dataFolder);
  assertEmpty(folders);
  mkdirSync(folders.data, { recursive: true, mode: PRIVATE_FOLDER_MODE });
  const id = randomBytes(16).toString('hex');
  const key = makeKey(options, id, folders.data);
  for (const folder of [folders.identity, folders.packs]) {
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER_MODE });
  }
  const hosts = [...new Set([...(options.hosts ?? []), 'localhost', '127.0.0.1', '::1'])];
  writeNewFile(folders.configFile, firstConfig(key.file, hosts));
  const config = readConfig(folders.configFile);
  const { authority, certPem, keyPem } = await CertificateAuthority.create({
    commonName: `Leadglass CA ${id.slice(0, 8)}`,
    clock,
  });
  writePrivateFile(folders.caCertFile, certPem);
  writeSealedFile(
    folders.caKeyFile,
    key.masterKey.derive(CA_KEY_PURPOSE),
    CA_KEY_PURPOSE,
    Buffer.from(keyPem),
  );
  await issueServerCertificate(folders, key.masterKey, authority, config);
  DeviceRegistry.create(folders.registryFile, key.masterKey.derive(DEVICES_KEY_PURPOSE));
  AuditTrail.create({ folder: folders.trail, key: key.masterKey.derive(TRAIL_KEY_PURPOSE) });
  const { token, record } = createOneTimeToken(clock(), FIRST_LINK_VALIDITY_MS);
  writePrivateFile(
    folders.enrolmentFile,
    `${JSON.stringify({ version: 1, links: [record] }, undefined, 2)}\n`,
  );
  // Last: only with this file is the folder an installation.
  const installation: InstallationRecord = {
    version: INSTALLATION_VERSION,
    id,
    createdAt: clock(),
    keyCheck: key.masterKey.check,
    ...(key.passphrase === undefined ? {} : { passphrase: key.passphrase }),
  };
  writePrivateFile(folders.installationFile, `${JSON.stringify(installation, undefined, 2)}\n`);
  return {
    dataFolder: folders.data,
    caCertificate: folders.caCertFile,
    enrolmentUrl: `https://${urlHost(hosts[0] ?? 'localhost')}:${config.https.port}/enrol#${token}`,
    ...(key.file === undefined ? {} : { keyFile: key.file }),
    installationID: id,
    masterKey: key.masterKey,
  };
}

/** How the caller may bring the master key; each is optional, the configuration knows where the file is. */
export interface InstallationSecrets {
  readonly keyFile?: string;
  readonly passphrase?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface OpenInstallation {
  readonly id: string;
  readonly folders: InstallationFolders;
  readonly config: Config;
  readonly masterKey: MasterKey;
  /** undefined with a passphrase. */
  readonly keyFile?: string;
  readonly caCertPem: string;
  readonly serverCertPem: string;
  readonly serverKeyPem: string;
  /** Opens the authority; loads the X.509 library, so only when something is issued. */
  authority(): Promise<CertificateAuthority>;
}

/**
 * Opens what a server or a command needs. Issues a new certificate for the archive itself when the old one is near
 * its end or its hosts changed.
 * @throws ConfigError NO_INSTALLATION, INSTALLATION_UNREADABLE, WRONG_KEY, KEY_FILE_..., or a fault of the configuration
 */
export async function openInstallation(
  dataFolder: string,
  secrets: InstallationSecrets = {},
  options: {
    readonly configFile?: string;
    readonly overrides?: ConfigInput;
    readonly clock?: () => number;
  } = {},
): Promise<OpenInstallation> {
  const clock = options.clock ?? Date.now;
  const folders = installationFolders(dataFolder);
  const record = readInstallationRecord(folders);
  const configFile = options.configFile ?? (existsSync(folders.configFile) ? folders.configFile : undefined);
  const config = readConfig(configFile, options.overrides);
  const { masterKey, keyFile } = openInstallationKey(folders, record, config, secrets);
  const caCertPem = readFileSync(folders.caCertFile, 'utf8');
  const authority = async (): Promise<CertificateAuthority> =>
    await CertificateAuthority.open({
      certPem: caCertPem,
      keyPem: readSealedFile(folders.caKeyFile, masterKey.derive(CA_KEY_PURPOSE), CA_KEY_PURPOSE).toString(
        'utf8',
      ),
      clock,
    });
  if (serverCertificateIsDue(folders, config, clock())) {
    await issueServerCertificate(folders, masterKey, await authority(), config);
  }
  return {
    id: record.id,
    folders,
    config,
    masterKey,
    ...(keyFile === undefined ? {} : { keyFile }),
    caCertPem,
    serverCertPem: readFileSync(folders.serverCertFile, 'utf8'),
    serverKeyPem: readSealedFile(
      folders.serverKeyFile,
      masterKey.derive(SERVER_KEY_PURPOSE),
      SERVER_KEY_PURPOSE,
    ).toString('utf8'),
    authority,
  };
}

/** @throws ConfigError NO_INSTALLATION, INSTALLATION_UNREADABLE */
export function readInstallationRecord(folders: InstallationFolders): InstallationRecord {
  if (!existsSync(folders.installationFile)) {
    throw new ConfigError(
      'NO_INSTALLATION',
      `there is no Leadglass in ${folders.data}: create one with \`leadglass init --data ${folders.data}\`, ` +
        'or name the right folder with --data or LEADGLASS_DATA',
    );
  }
  try {
    return installationSchema.parse(JSON.parse(readFileSync(folders.installationFile, 'utf8')));
  } catch (error) {
    throw new ConfigError(
      'INSTALLATION_UNREADABLE',
      `cannot be read, or was made by another version: ${folders.installationFile}`,
      {},
      error,
    );
  }
}

/**
 * The master key of this installation and no other; changes nothing.
 * @throws ConfigError WRONG_KEY, KEY_FILE_..., PASSPHRASE_...
 */
export function openInstallationKey(
  folders: InstallationFolders,
  record: InstallationRecord,
  config: Config,
  secrets: InstallationSecrets,
): { masterKey: MasterKey; keyFile?: string } {
  const found = findMasterKey(folders, record, config, secrets);
  if (!found.masterKey.matches(record.keyCheck)) {
    throw new ConfigError(
      'WRONG_KEY',
      'this is not the key of this installation: nothing in the data folder opens with it',
    );
  }
  return found;
}

/** --key-file, then the passphrase, then LEADGLASS_KEY_FILE / LEADGLASS_PASSPHRASE, then the configuration, then the default place. */
function findMasterKey(
  folders: InstallationFolders,
  record: InstallationRecord,
  config: Config,
  secrets: InstallationSecrets,
): { masterKey: MasterKey; keyFile?: string } {
  const env = secrets.env ?? {};
  if (record.passphrase !== undefined) {
    const passphrase = secrets.passphrase ?? env['LEADGLASS_PASSPHRASE'];
    if (passphrase === undefined || passphrase === '') {
      throw new ConfigError(
        'PASSPHRASE_MISSING',
        'this installation opens with a passphrase: set LEADGLASS_PASSPHRASE for the server or command',
      );
    }
    return { masterKey: openMasterKey({ passphrase, parameters: record.passphrase }) };
  }
  const keyFile =
    secrets.keyFile ??
    nonEmpty(env['LEADGLASS_KEY_FILE']) ??
    config.keys.file ??
    defaultKeyFile(record.id, env);
  return { masterKey: openMasterKey({ file: keyFile, dataFolder: folders.data }), keyFile };
}

function makeKey(
  options: InitialiseOptions,
  id: string,
  dataFolder: string,
): {
  masterKey: MasterKey;
  file?: string;
  passphrase?: NonNullable<InstallationRecord['passphrase']>;
} {
  const env = options.env ?? {};
  const passphrase = options.passphrase ?? nonEmpty(env['LEADGLASS_PASSPHRASE']);
  if (options.keyFile === undefined && passphrase !== undefined) {
    const parameters = newPassphraseParameters();
    return { masterKey: openMasterKey({ passphrase, parameters }), passphrase: parameters };
  }
  const file = resolve(options.keyFile ?? nonEmpty(env['LEADGLASS_KEY_FILE']) ?? defaultKeyFile(id, env));
  return { masterKey: createMasterKey(file, dataFolder), file };
}

function assertEmpty(folders: InstallationFolders): void {
  if (existsSync(folders.installationFile)) {
    throw new ConfigError(
      'DATA_FOLDER_EXISTS',
      `there is a Leadglass in ${folders.data} already; nothing was changed`,
    );
  }
  const status = statSync(folders.data, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory() || readdirSync(folders.data).length > 0) {
    throw new ConfigError(
      'DATA_FOLDER_NOT_EMPTY',
      `${folders.data} is not empty and not a Leadglass: choose another folder, or look what is in it (an init that ` +
        'was interrupted leaves one behind; it holds no images and may be removed)',
    );
  }
}

function firstConfig(keyFile: string | undefined, hosts: readonly string[]): string {
  const key = keyFile === undefined ? '' : `\n[keys]\nfile = ${JSON.stringify(keyFile)}\n`;
  return (
    '# Configuration of this archive; every key is in docs/reference/configuration.md. No secret belongs here.\n' +
    `${key}\n[certificates]\nserverHosts = ${JSON.stringify(hosts)}\n`
  );
}

async function issueServerCertificate(
  folders: InstallationFolders,
  masterKey: MasterKey,
  authority: CertificateAuthority,
  config: Config,
): Promise<void> {
  const issued = await authority.issue({
    commonName: config.aeTitle,
    kind: 'server',
    hosts: config.certificates.serverHosts,
  });
  // A crash between the two leaves a key that does not fit the certificate; the next start issues both anew.
  rmSync(folders.serverCertFile, { force: true });
  writeSealedFile(
    folders.serverKeyFile,
    masterKey.derive(SERVER_KEY_PURPOSE),
    SERVER_KEY_PURPOSE,
    Buffer.from(issued.keyPem),
  );
  writePrivateFile(folders.serverCertFile, issued.certPem);
}

function serverCertificateIsDue(folders: InstallationFolders, config: Config, now: number): boolean {
  if (!existsSync(folders.serverCertFile) || !existsSync(folders.serverKeyFile)) return true;
  const certificate = new X509Certificate(readFileSync(folders.serverCertFile));
  if (certificate.validToDate.getTime() - now < SERVER_RENEWAL_MS) return true;
  return config.certificates.serverHosts.some(
    (host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) === undefined,
  );
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

import { argon2Sync, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { makePrivateFolder, syncFolder, writeNewFile } from '../identity/private-file.ts';
import { ConfigError } from './errors.ts';

const KEY_LENGTH = 32;
/** First word of the key file: says what it is to whoever finds it, and lets the layout change. */
const KEY_FILE_WORD = 'leadglass-master-key-1';
const KEY_FILE_LENGTH_MAX = 256;
const EXPOSED_BITS = 0o077;
export const PASSPHRASE_LENGTH_MIN = 16;

/**
 * argon2id (RFC 9106 section 4, second recommendation: 64 MiB, 3 passes): a fifth of a second here, and as much for
 * every guess of somebody who stole the disk.
 */
const ARGON2 = { memory: 64 * 1024, passes: 3, parallelism: 4 } as const;
const SALT_LENGTH = 16;

/** What must be known beside the passphrase; kept in installation.json, no secret. */
export interface PassphraseParameters {
  readonly salt: string;
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Where the master key comes from. */
export type MasterKeySource =
  | { readonly file: string; readonly dataFolder?: string }
  | { readonly passphrase: string; readonly parameters: PassphraseParameters };

/** The key above all others. It is never used itself: each purpose has its own, derived one. */
export class MasterKey {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    if (key.length !== KEY_LENGTH) throw new RangeError('the master key has 32 bytes');
    this.#key = key;
  }

  /** 32 bytes for one purpose (HKDF-SHA-256, RFC 5869); the same purpose gives the same key. */
  derive(purpose: string): Uint8Array {
    const key = hkdfSync('sha256', this.#key, Buffer.alloc(0), `leadglass/1/${purpose}`, KEY_LENGTH);
    return new Uint8Array(key);
  }

  /** A value that tells whether this is the key of an installation, and nothing else about it. */
  get check(): string {
    return createHmac('sha256', this.derive('key check')).update('leadglass').digest('hex');
  }

  matches(check: string): boolean {
    const given = Buffer.from(check, 'hex');
    const own = Buffer.from(this.check, 'hex');
    return given.length === own.length && timingSafeEqual(given, own);
  }
}

/**
 * Opens the master key. A file must belong to this user (or root), be readable by nobody else, and lie outside
 * the data folder: whoever copies the data must not get the key with it.
 * @throws ConfigError KEY_FILE_..., PASSPHRASE_TOO_SHORT
 */
export function openMasterKey(source: MasterKeySource): MasterKey {
  if ('passphrase' in source) return new MasterKey(derivePassphrase(source.passphrase, source.parameters));
  const problem = keyFileProblem(source.file, source.dataFolder);
  if (problem !== undefined) throw problem;
  const [word, encoded, ...rest] = readFileSync(source.file, 'latin1').trim().split(/\s+/);
  const key = Buffer.from(encoded ?? '', 'base64url');
  if (word !== KEY_FILE_WORD || key.length !== KEY_LENGTH || rest.length > 0) {
    throw new ConfigError('KEY_FILE_UNREADABLE', `this is no master key of Leadglass: ${source.file}`);
  }
  return new MasterKey(key);
}

/** Makes a new key in a new file, mode 0600, durable before anything is sealed with it. Never overwrites. */
export function createMasterKey(file: string, dataFolder?: string): MasterKey {
  if (dataFolder !== undefined && isInside(file, dataFolder)) throw insideDataFolder(file);
  makePrivateFolder(dirname(resolve(file)));
  const key = randomBytes(KEY_LENGTH);
  try {
    writeNewFile(file, `${KEY_FILE_WORD} ${key.toString('base64url')}\n`);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    throw new ConfigError(
      'KEY_FILE_EXISTS',
      `there is a file already, and a key is never overwritten: ${file}`,
    );
  }
  syncFolder(dirname(resolve(file)));
  return new MasterKey(key);
}

export function newPassphraseParameters(): PassphraseParameters {
  return { salt: randomBytes(SALT_LENGTH).toString('hex'), ...ARGON2 };
}

/** ${XDG_CONFIG_HOME:-~/.config}/leadglass/keys/<installation id>.key */
export function defaultKeyFile(
  installationID: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const configured = env['XDG_CONFIG_HOME'];
  const base =
    configured === undefined || configured === '' ? join(env['HOME'] ?? homedir(), '.config') : configured;
  return join(base, 'leadglass', 'keys', `${installationID}.key`);
}

/** What is wrong with the place or the mode of a key file; undefined when nothing is. */
export function keyFileProblem(file: string, dataFolder?: string): ConfigError | undefined {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) {
    return new ConfigError(
      'KEY_FILE_MISSING',
      `the master key is not there: ${file}. Bring it back from your backup (without it nothing can be read), ` +
        'or name its place with --key-file or LEADGLASS_KEY_FILE',
    );
  }
  if (!status.isFile() || status.size > KEY_FILE_LENGTH_MAX) {
    return new ConfigError('KEY_FILE_UNREADABLE', `this is no master key of Leadglass: ${file}`);
  }
  const owner = process.getuid?.();
  const isForeign = owner !== undefined && status.uid !== owner && status.uid !== 0;
  if ((status.mode & EXPOSED_BITS) !== 0 || isForeign) {
    return new ConfigError(
      'KEY_FILE_EXPOSED',
      `others can read or replace the master key: chmod 600 ${file}, chown it to the user who runs Leadglass, ` +
        'and think about who had access until now',
    );
  }
  if (dataFolder !== undefined && isInside(file, dataFolder)) return insideDataFolder(file);
  return undefined;
}

function derivePassphrase(passphrase: string, parameters: PassphraseParameters): Uint8Array {
  if (passphrase.length < PASSPHRASE_LENGTH_MIN) {
    throw new ConfigError(
      'PASSPHRASE_TOO_SHORT',
      `a passphrase has at least ${PASSPHRASE_LENGTH_MIN} characters; five random words are good`,
    );
  }
  const { salt, memory, passes, parallelism } = parameters;
  return argon2Sync('argon2id', {
    message: Buffer.from(passphrase.normalize('NFKC'), 'utf8'),
    nonce: Buffer.from(salt, 'hex'),
    memory,
    passes,
    parallelism,
    tagLength: KEY_LENGTH,
  });
}

function isInside(file: string, folder: string): boolean {
  const inner = realPlace(file);
  const outer = realPlace(folder);
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

/** The place with all links resolved; of a path that does not exist yet, its first parent that does. */
function realPlace(path: string): string {
  const absolute = resolve(path);
  if (lstatSync(absolute, { throwIfNoEntry: false }) !== undefined) return realpathSync(absolute);
  const parent = dirname(absolute);
  return parent === absolute ? absolute : join(realPlace(parent), absolute.slice(parent.length));
}

function insideDataFolder(file: string): ConfigError {
  return new ConfigError(
    'KEY_FILE_IN_DATA_FOLDER',
    `the master key must lie outside the data folder, so that a copy of the data is worth nothing: ${file}`,
  );
}

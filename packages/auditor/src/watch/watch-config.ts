import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isIP } from 'node:net';
import { z } from 'zod';
import { severities } from '../findings/index.ts';
import type { Severity } from '../findings/index.ts';
import type { Audience } from '../report/index.ts';
import { addressKind, parseAddress } from '../scope/index.ts';
import {
  CHANNELS_MAX,
  CONFIG_FILE_MAX_BYTES,
  EVERY_MAX_HOURS,
  JITTER_MAX_MINUTES,
  RECIPIENTS_MAX,
  SECRET_MIN_CHARACTERS,
} from './limits.ts';
import { weekdays } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { readSecret } from './secret.ts';
import type { Secret } from './secret.ts';
import { readStrictToml } from './strict-toml.ts';
import { WatchError } from './watch-error.ts';

/** What an alert can be about. */
export type Alarm = 'new' | 'worse' | 'gone';

/** Who is told what. */
export interface Channel {
  /** What the history knows it by; stays the same as long as the recipient does. */
  readonly name: string;
  readonly audience: Audience;
}

export interface MailChannel extends Channel {
  readonly kind: 'mail';
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls' | 'none';
  readonly from: string;
  readonly to: readonly string[];
  readonly login?: { readonly user: string; readonly password: Secret };
  readonly authority?: string;
}

export interface WebhookChannel extends Channel {
  readonly kind: 'webhook';
  readonly url: URL;
  readonly key?: Secret;
  /** Addresses that are not public and may be called all the same. */
  readonly privateAddresses: readonly string[];
  readonly authority?: string;
}

export type AnyChannel = MailChannel | WebhookChannel;

export interface MetricsServerConfig {
  readonly host: string;
  readonly port: number;
  readonly token?: Secret;
  readonly certificate?: { readonly cert: string; readonly key: Secret };
}

/** `watch.toml`, read and judged; secrets are fetched, paths are absolute. */
export interface WatchConfig {
  readonly scopeFile: string;
  readonly folder: string;
  readonly schedule: Schedule;
  readonly jitterMinutes: number;
  readonly retention: { readonly runs: number; readonly days: number };
  readonly alarms: ReadonlySet<Alarm>;
  readonly severityMin: Severity;
  readonly channels: readonly AnyChannel[];
  readonly metricsServer?: MetricsServerConfig;
  readonly textfile?: string;
}

const text = (what: string): z.ZodString =>
  z
    .string(what)
    .min(1, 'must not be empty')
    .max(1_000, 'is too long')
    .regex(/^[^\0-\x1f\x7f]*$/, what);
const path = text('must be the path of a file');
const variable = z
  .string('must be the name of an environment variable')
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of an environment variable');
const port = z
  .int('must be a port number')
  .min(1, 'must be a port number')
  .max(65_535, 'must be a port number');
const mailAddress = z
  .string('must be a mail address')
  .max(254)
  .regex(/^[^\s@<>,;"\\]+@[^\s@<>,;"\\]+$/, 'must be a mail address');
const hostName = text('must be a host name or an address').regex(
  /^[A-Za-z0-9.:_-]{1,253}$/,
  'must be a host name or an address',
);
const audience = z
  .union([z.enum(['full', 'public']), z.strictObject({ owner: text('must be an owner of the scope') })], {
    error: 'must be "full", "public" or { owner = "..." }',
  })
  .default('public');

const schedule = z.strictObject({
  every: z
    .string('must be text like "7d"')
    .regex(/^[1-9]\d{0,3}[hdw]$/, 'must be a time like "12h", "1d", "7d" or "4w"'),
  at: z
    .string('must be text like "02:30", in quotes')
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like "02:30"')
    .optional(),
  weekday: z.enum(weekdays, `must be one of ${weekdays.join(', ')}`).optional(),
  'jitter-minutes': z
    .int()
    .min(0)
    .max(JITTER_MAX_MINUTES, `must be at most ${JITTER_MAX_MINUTES}`)
    .default(0),
});

const mail = z.strictObject({
  host: hostName,
  port: port.optional(),
  security: z.enum(['tls', 'starttls', 'none'], 'must be "tls", "starttls" or "none"').default('tls'),
  from: mailAddress,
  to: z.array(mailAddress, 'must be a list of mail addresses').min(1).max(RECIPIENTS_MAX),
  audience,
  user: text('must be a user name').optional(),
  'password-file': path.optional(),
  'password-environment': variable.optional(),
  'ca-file': path.optional(),
});

const webhook = z.strictObject({
  url: z.url({ protocol: /^https$/, error: 'must be an https address' }).max(2_048),
  audience,
  'key-file': path.optional(),
  'key-environment': variable.optional(),
  'private-addresses': z
    .array(z.string().refine((value) => isIP(value) !== 0, 'is no address'))
    .max(RECIPIENTS_MAX)
    .default([]),
  'ca-file': path.optional(),
});

const metrics = z.strictObject({
  address: z
    .string()
    .refine((value) => isIP(value) !== 0, 'must be an address of this machine')
    .default('127.0.0.1'),
  /** 0: any free port, which the watch prints. */
  port: z.int('must be a port number').min(0).max(65_535, 'must be a port number').optional(),
  'token-file': path.optional(),
  'token-environment': variable.optional(),
  'certificate-file': path.optional(),
  'certificate-key-file': path.optional(),
  textfile: path.optional(),
});

const watchSchema = z.strictObject({
  scope: path.default('scope.toml'),
  folder: path.default('watch'),
  schedule,
  retention: z
    .strictObject({
      runs: z
        .int()
        .min(2, 'must be 2 or more: a run is compared with the one before')
        .max(100_000)
        .default(120),
      days: z.int().min(1).max(36_500).default(800),
    })
    .prefault({}),
  alert: z
    .strictObject({
      on: z
        .array(z.enum(['new', 'worse', 'gone']))
        .min(1)
        .default(['new', 'worse', 'gone']),
      'least-severity': z.enum(severities).default('low'),
    })
    .prefault({}),
  mail: z.array(mail).max(CHANNELS_MAX).default([]),
  webhook: z.array(webhook).max(CHANNELS_MAX).default([]),
  metrics: metrics.optional(),
});

type WatchFile = z.infer<typeof watchSchema>;

/** What a configuration is read with. */
export interface ConfigSurroundings {
  /** Paths of the file are relative to this folder. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Reads the configuration file of a watch. @throws WatchError, or the file system's error */
export function loadWatchConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): WatchConfig {
  return readWatchConfig(configText(file), { folder: dirname(resolve(file)), environment });
}

function configText(file: string): string {
  if (statSync(file).size > CONFIG_FILE_MAX_BYTES) {
    throw new WatchError('CONFIG_INVALID', `the file is longer than ${CONFIG_FILE_MAX_BYTES} bytes`);
  }
  return readFileSync(file, 'utf8');
}

/** The folder of a watch alone, for those who read its history: no secret is needed for that. @throws WatchError */
export function watchFolder(file: string): string {
  return resolve(dirname(resolve(file)), readStrictToml(configText(file), watchSchema).folder);
}

/** The same for text that is here already. @throws WatchError */
export function readWatchConfig(content: string, surroundings: ConfigSurroundings): WatchConfig {
  const file = readStrictToml(content, watchSchema);
  const at = (place: string): string => resolve(surroundings.folder, place);
  const channels = [
    ...file.mail.map((one, index) => mailChannel(one, `mail.${index}`, surroundings)),
    ...file.webhook.map((one, index) => webhookChannel(one, `webhook.${index}`, surroundings)),
  ];
  const server = file.metrics === undefined ? undefined : metricsServer(file.metrics, surroundings);
  const textfile = file.metrics?.textfile;
  return {
    scopeFile: at(file.scope),
    folder: at(file.folder),
    schedule: scheduleOf(file.schedule),
    jitterMinutes: file.schedule['jitter-minutes'],
    retention: file.retention,
    alarms: new Set(file.alert.on),
    severityMin: file.alert['least-severity'],
    channels,
    ...(server === undefined ? {} : { metricsServer: server }),
    ...(textfile === undefined ? {} : { textfile: at(textfile) }),
  };
}

const invalid = (key: string, detail: string): WatchError =>
  new WatchError('CONFIG_INVALID', detail, { key });

const hoursOf = { h: 1, d: 24, w: 168 } as const;

function scheduleOf({ every, at, weekday }: WatchFile['schedule']): Schedule {
  const unit = every.endsWith('h') ? 'h' : every.endsWith('d') ? 'd' : 'w';
  const hours = Number.parseInt(every, 10) * hoursOf[unit];
  if (hours > EVERY_MAX_HOURS) throw invalid('schedule.every', `is longer than ${EVERY_MAX_HOURS} hours`);
  if (unit === 'h') {
    if (at !== undefined) throw invalid('schedule.at', 'goes with days or weeks, not with hours');
    if (weekday !== undefined) throw invalid('schedule.weekday', 'goes with weeks, not with hours');
    return { hours };
  }
  const days = hours / 24;
  if (at === undefined) throw invalid('schedule.at', 'is missing: days and weeks need a time, like "02:30"');
  if (weekday !== undefined && days % 7 !== 0) {
    throw invalid('schedule.weekday', 'needs whole weeks: every = "7d", "2w", ...');
  }
  const clock = { hour: Number(at.slice(0, 2)), minute: Number(at.slice(3)) };
  return { days, at: clock, ...(weekday === undefined ? {} : { weekday }) };
}

/** Secret of `NAME-file` or `NAME-environment`; undefined when neither is there. */
function secretOf(
  keys: { readonly file: string | undefined; readonly environment: string | undefined; readonly key: string },
  { folder, environment }: ConfigSurroundings,
  charactersMin?: number,
): Secret | undefined {
  const { file, key } = keys;
  if (file === undefined && keys.environment === undefined) return undefined;
  if (file !== undefined && keys.environment !== undefined) {
    throw invalid(`${key}-file`, `is one too many beside ${key}-environment`);
  }
  const place = file === undefined ? { environment: keys.environment } : { file: resolve(folder, file) };
  return readSecret(
    place,
    environment,
    `${key}-${file === undefined ? 'environment' : 'file'}`,
    charactersMin,
  );
}

function authorityOf(file: string | undefined, key: string, folder: string): { authority?: string } {
  if (file === undefined) return {};
  try {
    return { authority: readFileSync(resolve(folder, file), 'utf8') };
  } catch {
    throw invalid(key, 'cannot be read');
  }
}

/** `localhost` and the loopback addresses: what is sent there does not leave the machine. */
function isLoopback(host: string): boolean {
  const address = parseAddress(host);
  return host === 'localhost' || (address !== undefined && addressKind(address) === 'loopback');
}

const mailPorts = { tls: 465, starttls: 587, none: 25 } as const;

function mailChannel(
  file: WatchFile['mail'][number],
  key: string,
  surroundings: ConfigSurroundings,
): MailChannel {
  const { host, security, from, to, user } = file;
  if (security === 'none' && !isLoopback(host)) {
    throw invalid(`${key}.security`, 'none is for a mail server of this machine alone');
  }
  const password = secretOf(
    {
      file: file['password-file'],
      environment: file['password-environment'],
      key: `${key}.password`,
    },
    surroundings,
  );
  if ((user === undefined) !== (password === undefined)) {
    throw invalid(`${key}.user`, 'user and a password-file or password-environment go together');
  }
  return {
    kind: 'mail',
    name: `mail ${[...to].sort().join(',')}`,
    audience: file.audience,
    host,
    port: file.port ?? mailPorts[security],
    security,
    from,
    to,
    ...(user === undefined || password === undefined ? {} : { login: { user, password } }),
    ...authorityOf(file['ca-file'], `${key}.ca-file`, surroundings.folder),
  };
}

function webhookChannel(
  file: WatchFile['webhook'][number],
  key: string,
  surroundings: ConfigSurroundings,
): WebhookChannel {
  const url = new URL(file.url);
  if (url.username !== '' || url.password !== '') {
    throw invalid(`${key}.url`, 'must not hold a password: sign with key-file');
  }
  const signingKey = secretOf(
    { file: file['key-file'], environment: file['key-environment'], key: `${key}.key` },
    surroundings,
    SECRET_MIN_CHARACTERS,
  );
  return {
    kind: 'webhook',
    name: `webhook ${url.href}`,
    audience: file.audience,
    url,
    privateAddresses: file['private-addresses'],
    ...(signingKey === undefined ? {} : { key: signingKey }),
    ...authorityOf(file['ca-file'], `${key}.ca-file`, surroundings.folder),
  };
}

/** A metrics port that others can reach needs TLS and a token: numbers say a lot about a clinic, too. */
function metricsServer(
  file: NonNullable<WatchFile['metrics']>,
  surroundings: ConfigSurroundings,
): MetricsServerConfig | undefined {
  if (file.port === undefined) {
    if (file.textfile === undefined) throw invalid('metrics', 'needs a port or a textfile');
    return undefined;
  }
  const token = secretOf(
    { file: file['token-file'], environment: file['token-environment'], key: 'metrics.token' },
    surroundings,
    SECRET_MIN_CHARACTERS,
  );
  const cert = authorityOf(
    file['certificate-file'],
    'metrics.certificate-file',
    surroundings.folder,
  ).authority;
  const key = secretOf(
    { file: file['certificate-key-file'], environment: undefined, key: 'metrics.certificate-key' },
    surroundings,
  );
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid('metrics.certificate-file', 'certificate-file and certificate-key-file go together');
  }
  if (!isLoopback(file.address) && (token === undefined || cert === undefined)) {
    throw invalid(
      'metrics.address',
      'is no loopback address: it needs token-file, certificate-file and certificate-key-file',
    );
  }
  return {
    host: file.address,
    port: file.port,
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
  };
}

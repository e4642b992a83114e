import { z } from 'zod';
import { parseAddress, parseBlock } from './address.ts';
import {
  ASSOCIATIONS_PER_HOST_MAX,
  CONNECTIONS_PER_HOST_MAX,
  COUNTING_CAP_MAX,
  HALF_PDU_WAIT_DEFAULT_SECONDS,
  HALF_PDU_WAIT_MAX_SECONDS,
  HALF_PDU_WAIT_MIN_SECONDS,
  HOSTS_PER_RANGE_MAX,
  HOSTS_PER_SECOND_DEFAULT,
  PORTS_MAX,
  RANGES_MAX,
} from './limits.ts';

/** Ports DICOM uses (IANA: 104, 11112, 2761, 2762; 4242 Orthanc) and the web doors of the products in the studies. */
export const defaultPorts: readonly number[] = [104, 11112, 2762, 4242, 80, 443, 8042, 8080, 8443];

const line = (max: number): z.ZodString =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `is longer than ${max} characters`)
    .regex(/^[^\0-\x1f\x7f]*$/, 'must be one line without control characters');

/** A day; TOML's own dates and text are both taken. */
const day = z.preprocess(
  (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value),
  z.string().regex(/^\d{4}-\d\d-\d\d$/, 'must be a date like 2026-11-30'),
);

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 22:00');
const port = z.int('must be a port number').min(1).max(65_535);
const block = z
  .string()
  .refine((text) => parseBlock(text) !== undefined, 'is no address block: write 192.0.2.0/24');
const aeTitle = z.string().regex(/^[\x20-\x5b\x5d-\x7e]{1,16}$/, 'is no AE title');
const hostName = z
  .string()
  .max(253)
  .refine(
    (text) =>
      parseAddress(text) !== undefined ||
      /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text),
    'is no host name',
  );

const range = z
  .strictObject({
    cidr: block.optional(),
    hosts: z.array(hostName).min(1).max(HOSTS_PER_RANGE_MAX).optional(),
    owner: line(200).optional(),
    site: line(200).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be two capital letters (ISO 3166-1), for instance DE')
      .optional(),
    'owner-attests': z.boolean().default(false),
    'called-ae-titles': z.array(aeTitle).max(3).default([]),
    'dns-proof': hostName.optional(),
  })
  .refine((value) => (value.cidr === undefined) !== (value.hosts === undefined), {
    error: 'needs either cidr or hosts',
    path: ['cidr'],
  });

/** What the operator must ask for by name. Keys as in the file. */
const optIn = z.strictObject({
  counting: z.boolean().default(false),
  'default-logins': z.boolean().default(false),
  'idle-sockets': z.boolean().default(false),
  'absurd-length': z.boolean().default(false),
  'hl7-message': z.boolean().default(false),
  'share-content': z.boolean().default(false),
  attestation: z.boolean().default(false),
});

/** What nobody can see from outside: the operator answers yes or no; what is left out stays unanswered. */
const attestations = z.strictObject({
  'audit-trail': z.boolean().optional(),
  'break-glass': z.boolean().optional(),
  'backups-offline-and-tested': z.boolean().optional(),
  'login-throttling-and-second-factor': z.boolean().optional(),
});

const rates = z.strictObject({
  'hosts-per-second': z.number().positive().default(HOSTS_PER_SECOND_DEFAULT),
  'connections-per-host': z.int().min(1).max(CONNECTIONS_PER_HOST_MAX).default(CONNECTIONS_PER_HOST_MAX),
  'associations-per-host': z.int().min(1).max(ASSOCIATIONS_PER_HOST_MAX).default(ASSOCIATIONS_PER_HOST_MAX),
  'counting-cap': z.int().min(1).max(COUNTING_CAP_MAX).default(COUNTING_CAP_MAX),
  'half-pdu-wait-seconds': z
    .number()
    .min(0)
    .max(HALF_PDU_WAIT_MAX_SECONDS)
    .refine((seconds) => seconds === 0 || seconds >= HALF_PDU_WAIT_MIN_SECONDS, {
      error: `must be 0 or from ${HALF_PDU_WAIT_MIN_SECONDS} to ${HALF_PDU_WAIT_MAX_SECONDS}`,
    })
    .default(HALF_PDU_WAIT_DEFAULT_SECONDS),
});

/** The scope file. Every object is strict: an unknown key is a mistake, and mistakes stop the run. */
export const scopeSchema = z.strictObject({
  owner: line(200),
  contact: line(200),
  operator: line(200),
  attestation: line(2_000).min(20, 'must say in words who allowed this, 20 characters or more'),
  attested: z.literal(true, 'must be true: you answer for the attestation'),
  'not-before': day,
  'not-after': day,
  'cert-mandate': line(500).optional(),
  'modality-safe': z.boolean().default(false),
  window: z.strictObject({ from: clock, to: clock }).optional(),
  ports: z
    .array(port)
    .min(1)
    .max(PORTS_MAX)
    .default([...defaultPorts]),
  exclude: z.array(block).max(RANGES_MAX).default([]),
  protocols: z
    .record(
      z.string().regex(/^\d{1,5}$/, 'must be a port number'),
      z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
    )
    .default({}),
  'opt-in': optIn.prefault({}),
  attestations: attestations.prefault({}),
  rates: rates.prefault({}),
  range: z.array(range).min(1, 'needs one [[range]] or more').max(RANGES_MAX),
});

export type ScopeFile = z.infer<typeof scopeSchema>;
/** Keys of [attestations]. */
export type AttestationKey = keyof z.infer<typeof attestations>;
export type RangeFile = ScopeFile['range'][number];

/** Keys known at each place, for "did you mean". A number in a path stands for `[[range]]`. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  const [first, second] = path;
  if (path.length === 0) return Object.keys(scopeSchema.shape);
  if (first === 'range' && typeof second === 'number') {
    return ['cidr', 'hosts', 'owner', 'site', 'country', 'owner-attests', 'called-ae-titles', 'dns-proof'];
  }
  if (first === 'opt-in') return Object.keys(optIn.shape);
  if (first === 'attestations') return Object.keys(attestations.shape);
  if (first === 'rates') return Object.keys(rates.shape);
  return first === 'window' ? ['from', 'to'] : [];
}

import { z } from 'zod';
import type { AccessClass, Evidence, Finding, Outcome } from './finding.ts';

/** A number that may only be known from below: counting stops at a cap, and then the truth is this or more. */
export interface Count {
  readonly value: number;
  readonly isLowerBound: boolean;
}

export interface OpenPort {
  readonly port: number;
  /** 'dicom', 'dicom-tls', 'http', 'https', 'nfs', ... */
  readonly protocol: string;
}

export interface Product {
  readonly name: string;
  readonly version?: string;
  readonly confidence: 'named' | 'likely';
  readonly signs: readonly string[];
}

/** A published vulnerability whose affected versions include the one seen. Backports make a match potential only. */
export interface Vulnerability {
  readonly id: string;
  readonly title: string;
  readonly potential: true;
  /** CVSS 3.1 base score, where one was published. */
  readonly score?: number;
}

export interface SystemCounts {
  readonly studies?: Count;
  readonly images?: Count;
  readonly retrievableImages?: Count;
  readonly files?: Count;
}

/** One address (or one root of `files`) and all that was learned about it. Owner, site, country: from the scope. */
export interface SystemRecord {
  readonly address: string;
  readonly hostName?: string;
  readonly owner: string;
  readonly site?: string;
  /** As the scope writes it; ISO 3166-1 alpha-2 ('DE') is shown by its name. */
  readonly country?: string;
  readonly openPorts: readonly OpenPort[];
  readonly product?: Product;
  readonly vulnerabilities: readonly Vulnerability[];
  readonly accessClasses: readonly AccessClass[];
  readonly isHoneypot: boolean;
  readonly cloneGroup?: string;
  readonly counts: SystemCounts;
}

/** What the run was allowed to do, and who answers for it. */
export interface ScanScope {
  /** SHA-256 of the scope file, hexadecimal. */
  readonly hash: string;
  readonly owner: string;
  readonly contact: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly certMandate?: string;
  readonly operator: string;
}

/** Addresses of a run. */
export interface ScannedCounts {
  readonly addresses: number;
  readonly responding: number;
  /** Addresses that could not be asked, because this machine had no socket for them; they are not in `addresses`. */
  readonly notAsked?: number;
}

/** Exactly what `findings.json` holds. */
export interface ScanReport {
  readonly format: 'leadglass-auditor-scan';
  readonly version: 1;
  readonly toolVersion: string;
  readonly scope: ScanScope;
  readonly started: string;
  readonly ended: string;
  /** False: the run was interrupted and can be resumed; what is absent was not looked at. */
  readonly complete: boolean;
  readonly scanned: ScannedCounts;
  readonly systems: readonly SystemRecord[];
  readonly findings: readonly Finding[];
}

/** Longest text a field may hold: a URL's customary limit. Evidence is facts, not documents. */
export const textLengthMax = 2048;
/** Most systems a report may name: a /12 in which every address answers. */
export const systemCountMax = 1_048_576;
/** Most findings: about a hundred checks on each of 40,000 systems. */
export const findingCountMax = 4_194_304;
/** Most facts one finding may give as evidence, and most signs, ports or vulnerabilities one system may have. */
export const listLengthMax = 1_024;

const text = z.string().max(textLengthMax);
const name = text.min(1);
const instant = z.iso.datetime({ offset: true });
const whole = z.int().nonnegative();
const portNumber = z.int().min(1).max(65_535);
const score = z.number().min(0).max(10);

const count = z.strictObject({ value: whole, isLowerBound: z.boolean() });

const evidence: z.ZodType<Evidence> = z
  .record(text, z.union([text, z.number(), z.boolean()]))
  .refine((facts) => Object.keys(facts).length <= listLengthMax, {
    error: `more than ${listLengthMax} facts`,
  });

const outcome: z.ZodType<Outcome> = z.enum([
  'exposed',
  'protected',
  'notApplicable',
  'inconclusive',
  'error',
]);

const accessClass: z.ZodType<AccessClass> = z.enum(['A1', 'A2', 'A3', 'A4', 'A5', 'W', 'H', 'S']);

const finding = z.strictObject({
  check: name,
  system: name,
  port: portNumber.exactOptional(),
  outcome,
  evidence,
  reason: text.exactOptional(),
  at: instant,
});

const system = z.strictObject({
  address: name,
  hostName: text.exactOptional(),
  owner: text,
  site: text.exactOptional(),
  country: text.exactOptional(),
  openPorts: z.array(z.strictObject({ port: portNumber, protocol: name })).max(65_535),
  product: z
    .strictObject({
      name,
      version: text.exactOptional(),
      confidence: z.enum(['named', 'likely']),
      signs: z.array(text).max(listLengthMax),
    })
    .exactOptional(),
  vulnerabilities: z
    .array(
      z.strictObject({ id: name, title: text, potential: z.literal(true), score: score.exactOptional() }),
    )
    .max(listLengthMax),
  accessClasses: z.array(accessClass).max(8),
  isHoneypot: z.boolean(),
  cloneGroup: text.exactOptional(),
  counts: z.strictObject({
    studies: count.exactOptional(),
    images: count.exactOptional(),
    retrievableImages: count.exactOptional(),
    files: count.exactOptional(),
  }),
});

/** The schema of `findings.json`, version 1. Unknown fields are refused: a report is evidence, not a bag. */
export const scanReportSchema: z.ZodType<ScanReport> = z.strictObject({
  format: z.literal('leadglass-auditor-scan'),
  version: z.literal(1),
  toolVersion: name,
  scope: z.strictObject({
    hash: text,
    owner: text,
    contact: text,
    notBefore: text,
    notAfter: text,
    certMandate: text.exactOptional(),
    operator: text,
  }),
  started: instant,
  ended: instant,
  complete: z.boolean(),
  scanned: z.strictObject({ addresses: whole, responding: whole, notAsked: whole.exactOptional() }),
  systems: z.array(system).max(systemCountMax),
  findings: z.array(finding).max(findingCountMax),
});

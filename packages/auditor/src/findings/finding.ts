/** How a check ended. `inconclusive` and `error` are never counted as protected: unknown is not safe. */
export type Outcome = 'exposed' | 'protected' | 'notApplicable' | 'inconclusive' | 'error';

export type CheckGroup = 'DIMSE' | 'TLS' | 'web' | 'shares' | 'neighbours' | 'files' | 'governance';

export type FixCode = 'F1' | 'F2' | 'F3' | 'F4' | 'F5' | 'F6' | 'F7' | 'F8' | 'F9';

/** What an operator must ask for by name in the scope, because it costs the target or its owner something. */
export type OptIn =
  | 'counting'
  | 'defaultLogins'
  | 'idleSockets'
  | 'absurdLength'
  | 'hl7Message'
  | 'shareContent'
  | 'attestation';

/** What a stranger can do with a system; see `accessClassMeaning`. A system has any number of them, never a sum. */
export type AccessClass = 'A1' | 'A2' | 'A3' | 'A4' | 'A5' | 'W' | 'H' | 'S';

/** Facts that prove it. Never a patient's data: numbers, statuses, product names, protocol names, hashes. */
export type Evidence = Readonly<Record<string, string | number | boolean>>;

/** A check described as data: the manual, the report and the letters are made from it. */
export interface CheckMeta {
  /** 'D01' */
  readonly id: string;
  /** The check's folder: 'does-it-answer-dicom' */
  readonly name: string;
  readonly group: CheckGroup;
  /** 'Does it speak DICOM where it should not be reachable?' */
  readonly question: string;
  /** Heads a finding: 'DICOM answers from outside its zone' */
  readonly title: string;
  /** What is sent, in one sentence. */
  readonly sends: string;
  /** What counts as proof. */
  readonly proof: string;
  /** CVSS 3.1 base score; 0 for information only. */
  readonly score: number;
  /** Codes: 'Ha', 'B12', 'PR.AC-5', 'I8.22', 'C12', 'N(j)', 'G32', 'RFC8996', 'CWE-22'. */
  readonly references: readonly string[];
  readonly fixes: readonly FixCode[];
  readonly optIn?: OptIn;
  /** 1-3 sentences a clinic's administrator understands: what somebody could do with it. */
  readonly why: string;
  /** Steps that hold for every product; product-specific steps are the report's. */
  readonly fix: string;
}

/** One answer of one check about one system. */
export interface Finding {
  /** The check's id. */
  readonly check: string;
  /** Address (IPv4 or IPv6 text) or, for files, the path's root label. */
  readonly system: string;
  readonly port?: number;
  readonly outcome: Outcome;
  readonly evidence: Evidence;
  /** For inconclusive, error and notApplicable: a stable code and plain words. */
  readonly reason?: string;
  /** ISO 8601 instant. */
  readonly at: string;
}

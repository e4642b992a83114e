import type { CheckMeta, Evidence, Finding, ScanReport, SystemRecord } from '../findings/index.ts';
import { fileCheckMetas } from './file-check-metas.ts';
import { examplesLengthMax, examplesMax } from './limits.ts';
import type { FlaggedFile, TallyData } from './tally.ts';

/** What was found below one path that was asked for. */
export interface RootResult {
  /** 'files-1', or the path when paths are shown: a path may hold a patient's name. */
  readonly label: string;
  readonly tally: TallyData;
  /** Why the root was not read to its end: a code. */
  readonly failure?: string;
}

export interface FilesResult {
  readonly roots: readonly RootResult[];
  /** One per root and check. */
  readonly findings: readonly Finding[];
  readonly started: string;
  readonly ended: string;
  /** False: the run was interrupted. */
  readonly complete: boolean;
}

/** Findings of all file checks about one root. */
export function findingsOf(root: RootResult, at: string): Finding[] {
  return fileCheckMetas.map((meta) => findingOf(meta, root, at));
}

function findingOf(meta: CheckMeta, { label, tally, failure }: RootResult, at: string): Finding {
  const { outcome, reason } = judge(meta.id, tally, failure);
  const evidence = evidenceOf(meta.id, tally);
  const finding: Finding = { check: meta.id, system: label, outcome, evidence, at };
  return reason === undefined ? finding : { ...finding, reason };
}

function judge(
  check: string,
  tally: TallyData,
  failure: string | undefined,
): Pick<Finding, 'outcome' | 'reason'> {
  if ((tally.exposedFiles[check] ?? 0) > 0) return { outcome: 'exposed' };
  if (failure !== undefined)
    return { outcome: 'error', reason: `${failure}: the path could not be read to its end` };
  const unread = sum(tally.problems, (code) => !leftOutOnPurpose.has(code)) + sum(tally.damaged);
  if (unread > 0) {
    return {
      outcome: 'inconclusive',
      reason: `NOT_ALL_READ: ${unread} files or members could not be read to their end`,
    };
  }
  if (tally.kinds.dicom + tally.kinds.dicomdir === 0) {
    return { outcome: 'notApplicable', reason: 'NO_DICOM: no DICOM file is here' };
  }
  return { outcome: 'protected' };
}

/** Links lead to what is met anyway, or out of the root; devices and pipes hold no files. */
const leftOutOnPurpose: ReadonlySet<string> = new Set(['SYMBOLIC_LINK', 'SPECIAL_FILE']);

function sum(
  counts: Readonly<Record<string, number>>,
  include: (code: string) => boolean = () => true,
): number {
  return Object.entries(counts).reduce((total, [code, count]) => total + (include(code) ? count : 0), 0);
}

function evidenceOf(check: string, tally: TallyData): Evidence {
  const evidence: Record<string, string | number | boolean> = {
    dicomFiles: tally.kinds.dicom + tally.kinds.dicomdir,
    files: tally.exposedFiles[check] ?? 0,
  };
  for (const [kind, count] of Object.entries(tally.notes[check] ?? {})) {
    evidence[kind] = count.files;
    if (count.places > count.files) evidence[`${kind} places`] = count.places;
  }
  const examples = tally.flagged.filter((file) => file.check === check).slice(0, examplesMax);
  if (examples.length > 0) evidence.examples = examples.map(nameOf).join(', ').slice(0, examplesLengthMax);
  return evidence;
}

/** '#17', '#17!3' for the third member of the seventeenth file, or the path where paths are shown. */
export function nameOf({ ordinal, member, path }: FlaggedFile): string {
  return path ?? (member === undefined ? `#${ordinal}` : `#${ordinal}!${member}`);
}

/** Who asked, for the report's head. */
export interface ReportContext {
  readonly toolVersion: string;
  readonly operator: string;
}

/** The result as the report that all printers take: a root is a system without ports. */
export function reportOf(result: FilesResult, context: ReportContext): ScanReport {
  const { started, ended, complete, roots, findings } = result;
  const systems = roots.map(({ label, tally }): SystemRecord => ({
    address: label,
    owner: '',
    openPorts: [],
    vulnerabilities: [],
    accessClasses: [],
    isHoneypot: false,
    counts: { files: { value: tally.kinds.dicom + tally.kinds.dicomdir, isLowerBound: !complete } },
  }));
  return {
    format: 'leadglass-auditor-scan',
    version: 1,
    toolVersion: context.toolVersion,
    scope: {
      // There is no scope file, and a hash of the paths would tell a patient's name to whoever guesses it.
      hash: '',
      owner: '',
      contact: '',
      notBefore: started,
      notAfter: ended,
      operator: context.operator,
    },
    started,
    ended,
    complete,
    scanned: { addresses: roots.length, responding: roots.length },
    systems,
    findings,
  };
}

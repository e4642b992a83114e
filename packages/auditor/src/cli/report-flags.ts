import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { ReportError, compare, followUpBytesMax, parseFollowUp, readScanReport } from '../findings/index.ts';
import type { Comparison, FollowUpEntry, ScanReport } from '../findings/index.ts';
// From the file itself: reports are loaded when they are written, which for a scan is last.
import { reportFormats } from '../report/report-formats.ts';
import type { ReportFormat } from '../report/report-formats.ts';
import { CallError } from './call-error.ts';

/** Who gets reports beside whoever ran the audit, and the folder in which theirs are. */
const audiences = { owner: 'owners', authority: 'authority', public: 'public' } as const;
type FurtherAudience = keyof typeof audiences;

/** What the flags of `addReportFlags` give. */
export interface ReportFlags {
  readonly audience?: readonly FurtherAudience[];
  readonly format?: readonly ReportFormat[];
  readonly recipient?: readonly string[];
  readonly encryptTo?: readonly string[];
  readonly compareWith?: string;
  readonly followUp?: string;
}

/** The flags of every command that writes reports. */
export function addReportFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--audience <who...>',
        'further reports, each in a folder of its own: owner (one for each, with theirs alone), authority (what is open, ' +
          'and whose), public (numbers; no address or name)',
      ).choices(Object.keys(audiences)),
    )
    .addOption(
      new Option('--format <kinds...>', 'which files to write; findings.json always').choices(reportFormats),
    )
    .addOption(recipientOption())
    .option(
      '--encrypt-to <certificates...>',
      'encrypt everything for the holders of these certificates (PEM), as CMS',
    )
    .option(
      '--compare-with <findings>',
      'findings.json of an earlier run: adds table T2, what is new and gone',
    )
    .option('--follow-up <file>', 'who was told, answered and fixed (TOML or JSON): fills table T6');
}

/** `--recipient`, the same for every command that writes what was found. */
export function recipientOption(): Option {
  return new Option('--recipient <age1...>', 'encrypt everything for these age recipients');
}

/** Flags with their files read. */
export interface ReportPlan {
  readonly audiences: readonly FurtherAudience[];
  readonly formats: readonly ReportFormat[] | undefined;
  readonly recipients: readonly string[];
  readonly earlier: ScanReport | undefined;
  readonly followUp: readonly FollowUpEntry[] | undefined;
}

/**
 * Reads what the flags name, so that a mistake in them costs nothing: no run of hours before it is seen.
 * @throws CallError with the flag and what to do
 */
export async function readReportFlags(flags: ReportFlags): Promise<ReportPlan> {
  const recipients = [...(flags.recipient ?? []), ...(await readCertificates(flags.encryptTo ?? []))];
  await checkRecipients(recipients);
  return {
    audiences: [...new Set(flags.audience ?? [])],
    formats: flags.format,
    recipients,
    earlier: flags.compareWith === undefined ? undefined : await readEarlier(flags.compareWith),
    followUp: flags.followUp === undefined ? undefined : await readFollowUp(flags.followUp),
  };
}

/** Longest certificate file, bytes. */
const CERTIFICATE_BYTES_MAX = 64 * 1024;

async function readCertificates(paths: readonly string[]): Promise<string[]> {
  return Promise.all(
    paths.map(async (path) => {
      const text = await stat(path)
        .then(({ size }) => (size > CERTIFICATE_BYTES_MAX ? undefined : readFile(path, 'utf8')))
        .catch(() => undefined);
      if (text?.includes('-----BEGIN') === true) return text;
      throw new CallError(
        `--encrypt-to: ${path} is no certificate in PEM`,
        'name a file that begins with -----BEGIN CERTIFICATE-----',
      );
    }),
  );
}

/** @throws CallError when one of them is no age recipient and no certificate */
export async function checkRecipients(recipients: readonly string[]): Promise<void> {
  if (recipients.length === 0) return;
  const { writeFiles } = await import('../report/index.ts');
  try {
    // No file, so nothing is written: only the recipients are read.
    await writeFiles('.', [], recipients);
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    throw new CallError(
      `--recipient, --encrypt-to: ${error.message}`,
      'age-keygen -o key.txt prints the recipient of a new key; a certificate needs an RSA key',
    );
  }
}

/**
 * Writes the report for whoever ran the audit into the folder, and those of further audiences into folders below it.
 * @returns the paths written
 */
export async function writePlannedReports(
  report: ScanReport,
  folder: string,
  plan: ReportPlan,
): Promise<string[]> {
  const { allMetas } = await import('./all-metas.ts');
  const { writeReports } = await import('../report/index.ts');
  const comparison: Comparison | undefined = plan.earlier && compare(plan.earlier, report);
  const options = {
    metas: allMetas,
    recipients: plan.recipients,
    ...(plan.formats === undefined ? {} : { formats: plan.formats }),
    ...(comparison === undefined ? {} : { comparison }),
    ...(plan.followUp === undefined ? {} : { followUp: plan.followUp }),
  };
  const written = await writeReports(report, folder, options);
  for (const audience of plan.audiences) {
    written.push(
      ...(await writeReports(report, join(folder, audiences[audience]), { ...options, audience })),
    );
  }
  return written;
}

/** A findings.json, or why it cannot be taken, with what to do. Throws CallError. */
export async function readFindings(path: string, what: string): Promise<ScanReport> {
  try {
    return await readScanReport(path);
  } catch (error) {
    const reason = error instanceof ReportError ? error.message : 'it cannot be read';
    throw new CallError(`${what}: ${path}: ${reason}`, findingsHint(path));
  }
}

function findingsHint(path: string): string {
  if (path.endsWith('.cms')) {
    return `it is encrypted: openssl cms -decrypt -binary -inform DER -in ${path} -recip cert.pem -inkey key.pem -out findings.json`;
  }
  return path.endsWith('.age')
    ? `it is encrypted: age -d -i key.txt ${path} > findings.json, and name that file`
    : 'name the findings.json in the folder of a run';
}

function readEarlier(path: string): Promise<ScanReport> {
  return readFindings(path, '--compare-with');
}

async function readFollowUp(path: string): Promise<FollowUpEntry[]> {
  const hint =
    'it has [[owner]] with owner, notified, answered, fixed = 2026-11-02; see docs/guide/auditor.md';
  try {
    const { size } = await stat(path);
    if (size > followUpBytesMax) throw new CallError(`--follow-up: ${path} is too large`, hint);
    return parseFollowUp(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof CallError) throw error;
    const reason = error instanceof ReportError ? error.message : 'it cannot be read';
    throw new CallError(`--follow-up: ${path}: ${reason}`, hint);
  }
}

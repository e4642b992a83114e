import type { ReportFlagReader } from '../files/index.ts';
import { CallError } from './call-error.ts';
import { addReportFlags, readReportFlags, writePlannedReports } from './report-flags.ts';
import type { ReportFlags } from './report-flags.ts';
import { hasFinishedRun } from './seal-run-files.ts';

/** Every key of the flags, and how it is written. */
const FLAGS: Readonly<Record<keyof ReportFlags, string>> = {
  audience: '--audience',
  format: '--format',
  recipient: '--recipient',
  encryptTo: '--encrypt-to',
  compareWith: '--compare-with',
  followUp: '--follow-up',
};

const given = (options: ReportFlags): string[] =>
  Object.entries(FLAGS).flatMap(([key, flag]) => (key in options ? [flag] : []));

interface FilesFlags extends ReportFlags {
  readonly out?: string;
  readonly json?: true;
}

/** The report flags of `scan`, for `files`. */
export const filesReportFlags: ReportFlagReader = {
  addTo: addReportFlags,
  given,
  async read(options: FilesFlags, folder) {
    const plan = await readReportFlags(options);
    if (plan.audiences.includes('owner')) {
      throw new CallError(
        '--audience owner: nothing says whose these files are',
        'name authority or public; the reports in the folder itself hold everything',
      );
    }
    const inClear = options.out !== undefined ? '--out' : options.json === true ? '--json' : undefined;
    if (plan.recipients.length > 0 && inClear !== undefined) {
      throw new CallError(
        `${inClear}: what it writes is not encrypted`,
        `leave it out: findings.json is among the reports in ${folder}`,
      );
    }
    if (hasFinishedRun(folder)) {
      throw new CallError(`--reports: ${folder} holds reports already`, 'name another folder');
    }
    return (report, into) => writePlannedReports(report, into, plan);
  },
};

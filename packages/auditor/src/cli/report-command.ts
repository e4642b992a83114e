import type { Command } from 'commander';
import { addReportFlags, readFindings, readReportFlags, writePlannedReports } from './report-flags.ts';
import type { ReportFlags } from './report-flags.ts';
import type { Surroundings } from './surroundings.ts';

/** Adds `report`: the reports of a run, or of `files --out`, made again for other readers. */
export function registerReportCommand(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('report')
    .description(
      'write the reports of a findings.json again: for other readers, encrypted, compared; sends nothing',
    )
    .argument('<findings>', 'findings.json of a run, or what `files --out` wrote')
    .requiredOption('--out <folder>', 'folder for the reports');
  addReportFlags(command)
    .option('--quiet', 'print nothing but errors')
    .addHelpText('after', help)
    .action(async (findings: string, options: ReportFlags & { out: string; quiet?: true }) => {
      const plan = await readReportFlags(options);
      const paths = await writePlannedReports(await readFindings(findings, 'report'), options.out, plan);
      if (options.quiet !== true) surroundings.print(paths.map((path) => `${path}\n`).join(''));
    });
}

const help = `
Examples:
  leadglass-auditor report run-1/findings.json --out for-cert --audience authority --recipient age1...
  leadglass-auditor files /mnt/archive --out archive.json
  leadglass-auditor report archive.json --out archive-report --format html csv`;

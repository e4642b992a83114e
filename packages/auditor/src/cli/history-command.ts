import { join } from 'node:path';
import type { Command } from 'commander';
import { severities, wholeText } from '../findings/index.ts';
import { alignedTable } from '../report/text-report.ts';
import { visible } from '../report/visible-text.ts';
import { durationText } from '../scan/index.ts';
import { HISTORY_FILE, History, WatchError, itemLines, minute, watchFolder } from '../watch/index.ts';
import type { ChangeItem, Run } from '../watch/index.ts';
import type { Surroundings } from './surroundings.ts';

interface HistoryCommandOptions {
  readonly config: string;
  readonly json?: true;
}

/** Adds `history` and `history show`. */
export function registerHistoryCommand(program: Command, surroundings: Surroundings): void {
  const history = program
    .command('history')
    .description('the runs of a watch, and their numbers: what became of it')
    .option('--config <file>', 'configuration of the watch', 'watch.toml')
    .option('--json', 'as JSON')
    .action((options: HistoryCommandOptions) => showHistory(undefined, options, surroundings));
  history
    .command('show')
    .description('what changed in one run; takes --config and --json, too')
    .argument('<run>', 'number of the run')
    .action((run: string, _options: object, command: Command) =>
      showHistory(run, command.optsWithGlobals<HistoryCommandOptions>(), surroundings),
    );
}

/** `history`: the runs of a watch with their numbers, the oldest first; with a run, what changed in it. */
function showHistory(run: string | undefined, options: HistoryCommandOptions, { print }: Surroundings): void {
  const history = History.open(join(watchFolder(options.config), HISTORY_FILE), true);
  try {
    const runs = history.runs();
    if (run === undefined) {
      print(options.json === true ? jsonText({ runs }) : runList(runs));
      return;
    }
    const wanted = runs.find(({ id }) => String(id) === run);
    if (wanted === undefined) throw new WatchError('NO_SUCH_RUN', 'the history has no such run');
    const changes = history.changes(wanted.id);
    print(options.json === true ? jsonText({ run: wanted, changes }) : oneRun(wanted, changes));
  } finally {
    history.close();
  }
}

function jsonText(content: object): string {
  return `${JSON.stringify({ format: 'leadglass-auditor-history', version: 1, ...content }, undefined, 1)}\n`;
}

function runList(runs: readonly Run[]): string {
  if (runs.length === 0) return 'no run yet\n';
  const head = ['run', 'begun', 'took', 'outcome', 'systems', 'A3', ...severityHeads, 'new', 'worse', 'gone'];
  const rows = runs.map(({ id, started, ended, outcome, responding, counts }) => {
    const number = (kind: string, name: string): string => {
      const count = counts[kind]?.[name];
      return count === undefined ? '-' : wholeText(count);
    };
    return [
      String(id),
      minute(started),
      ended === undefined ? '-' : durationText((Date.parse(ended) - Date.parse(started)) / 1_000),
      outcome,
      wholeText(responding),
      number('class', 'A3'),
      ...severities.map((severity) => number('severity', severity)),
      ...['new', 'worse', 'gone'].map((change) => number('change', change)),
    ];
  });
  return `${alignedTable(head, rows).join('\n')}\n`;
}

const severityHeads = severities.map((severity) => (severity === 'none' ? 'info' : severity));

function oneRun(run: Run, changes: readonly ChangeItem[]): string {
  const { id, started, ended, outcome, reason, addresses, responding } = run;
  const lines = [
    `run ${id}: ${outcome}${reason === undefined ? '' : ` (${reason})`}`,
    `${minute(started)} to ${ended === undefined ? '-' : minute(ended)}, ${wholeText(addresses)} addresses, ${wholeText(responding)} answered`,
    ...(['new', 'worse', 'gone'] as const).flatMap((change) => {
      const items = changes.filter((item) => item.change === change);
      return items.length === 0 ? [] : ['', change.toUpperCase(), ...items.flatMap(itemLines)];
    }),
  ];
  return `${lines.map(visible).join('\n')}\n`;
}

import type { DicomJson } from '@leadglass/dicom';
import { Option, type Command } from 'commander';
import {
  type HttpConnection,
  SEARCH_LEVELS,
  type SearchLevel,
  searchRecords,
} from '../dicomweb-client/index.ts';
import {
  type ConnectionCommandOptions,
  EXIT,
  runWithConnection,
  withConnectionOptions,
} from './dicomweb-connection.ts';
import { columnsFor, csvOf, fieldsOfLevel, tableOf } from './dicomweb-table.ts';
import { CommandError, printable, type CommandContext } from './init-context.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000_000;
/** Of a server's warning. */
const WARNING_CHARS = 200;

interface SearchCommandOptions extends ConnectionCommandOptions {
  readonly level: SearchLevel;
  readonly match?: readonly string[];
  readonly include?: readonly string[];
  readonly limit?: string;
  readonly format: 'table' | 'json' | 'csv';
  readonly post?: boolean;
}

/** `leadglass dicomweb search`: what a server has, as a table, JSON or CSV. */
export async function searchCommand(
  connection: HttpConnection,
  options: SearchCommandOptions,
  context: CommandContext,
): Promise<number> {
  const { level, include = [], format, post = false } = options;
  const limit = limitOf(options.limit);
  const matches = (options.match ?? []).map(matchOf);
  const say = (text: string): unknown => context.stderr.write(`leadglass: ${text}\n`);
  if (!post && matches.some(([path]) => !path.endsWith('UID'))) {
    say('values to match stand in the URL, which servers write down; --post sends them in the body');
  }
  const includes = format === 'json' ? include : [...new Set([...fieldsOfLevel(level), ...include])];
  const search = { level, matches, includes, limit, byPost: post };
  const warnings = new Set<string>();
  const found: DicomJson[] = [];
  const onWarning = (text: string): unknown => warnings.add(text.slice(0, WARNING_CHARS));
  for await (const record of searchRecords(connection, search, onWarning)) found.push(record);
  for (const warning of warnings) say(`the server says: ${printable(warning)}`);
  if (found.length === limit) say(`the first ${limit} are shown; --limit shows more`);
  const columns = columnsFor(level, include);
  if (format === 'json') context.stdout.write(jsonOf(found));
  else if (format === 'csv') context.stdout.write(csvOf(found, columns));
  else if (found.length === 0) say('nothing matches');
  else context.stdout.write(tableOf(found, columns));
  return EXIT.done;
}

/** The rest of the control characters, which JSON lets stand, must not reach a terminal either. */
function jsonOf(records: readonly DicomJson[]): string {
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(records).replace(/[\u007f-\u009f]/g, escaped)}\n`;
}

function limitOf(text: string | undefined): number {
  const limit = text === undefined ? LIMIT_DEFAULT : /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > LIMIT_MAX) {
    throw new CommandError('BAD_ARGUMENT', `--limit is a whole number from 1 to ${LIMIT_MAX}`);
  }
  return limit;
}

function matchOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1)
    throw new CommandError('BAD_ARGUMENT', '--match needs KEYWORD=VALUE, such as PatientID=123');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

const collected = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export function registerSearchCommand(dicomweb: Command, context: CommandContext): void {
  withConnectionOptions(dicomweb.command('search'))
    .description('find studies, series or instances (QIDO-RS)')
    .argument('<url>', 'the base of the service, such as https://HOST:8443/dicom-web')
    .addOption(
      new Option('--level <level>', 'what is looked for')
        .choices([...SEARCH_LEVELS])
        .default(SEARCH_LEVELS[0]),
    )
    .option('--match <keyword=value>', 'only these; may be given again', collected)
    .option('--include <keyword>', 'a further column; may be given again', collected)
    .option('--limit <n>', `how many at most (default: ${LIMIT_DEFAULT})`)
    .addOption(
      new Option('--format <format>', 'how it is shown').choices(['table', 'json', 'csv']).default('table'),
    )
    .option('--post', 'send the search in the body: a Leadglass takes it, the Standard has GET alone')
    .addHelpText('after', SEARCH_HELP)
    .action(async (url: string, options: SearchCommandOptions) => {
      await runWithConnection(context, url, options, (connection) =>
        searchCommand(connection, options, context),
      );
    });
}

const SEARCH_HELP = `
Keywords are those of the Standard, tags are taken too; * and ? stand for any characters, 20240101-20240131 for a month.
  leadglass dicomweb search URL --match 'PatientName=Doe*' --post
  leadglass dicomweb search URL --level series --match StudyInstanceUID=1.2.3 --include BodyPartExamined --format csv
The Standard has searches by GET alone: their values stand in the URL, which servers and proxies write down. A Leadglass
also takes them in the body; --post sends them there.`;

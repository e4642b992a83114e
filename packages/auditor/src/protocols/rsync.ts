import { ProbeError } from '../transport/index.ts';
import type { RawConversation } from '../transport/index.ts';
import { AnswerReader, line } from './answer-reader.ts';

/** The daemon's text protocol before any transfer: greeting, list of modules, choice of a module. */
const VERSION_LINE = '@RSYNCD: 30.0\n';
const GREETING = /^@RSYNCD: \d+/;
const EXIT = '@RSYNCD: EXIT';
/** Lines of a list, messages of the day included. */
const LINES_MAX = 1_000;

/** Names of the modules it lists; they are asked about and forgotten. */
export async function listModules(conversation: RawConversation): Promise<string[]> {
  const reader = await greeted(conversation);
  conversation.write('#list\n');
  const modules: string[] = [];
  for (let lines = 0; lines < LINES_MAX; lines++) {
    const text = await reader.next(line);
    if (text === EXIT) return modules;
    if (text.startsWith('@ERROR')) return [];
    // Name, blanks and a tab, comment; a message of the day has no tab.
    const name = /^([^\s/@][^\t]*?) *\t/.exec(text)?.[1];
    if (name !== undefined) modules.push(name);
  }
  throw new ProbeError('PROTOCOL', 'LIST_TOO_LONG');
}

export type ModuleAnswer = 'open' | 'login' | 'refused';

/** Chooses a module and goes no further: no argument is sent, so nothing is listed or transferred. */
export async function askModule(conversation: RawConversation, module: string): Promise<ModuleAnswer> {
  const reader = await greeted(conversation);
  conversation.write(`${module}\n`);
  for (let lines = 0; lines < LINES_MAX; lines++) {
    const text = await reader.next(line);
    if (text === '@RSYNCD: OK') return 'open';
    if (text.startsWith('@RSYNCD: AUTHREQD')) return 'login';
    if (text.startsWith('@ERROR') || text === EXIT) return 'refused';
  }
  throw new ProbeError('PROTOCOL', 'NO_RSYNC');
}

async function greeted(conversation: RawConversation): Promise<AnswerReader> {
  const reader = new AnswerReader(conversation);
  if (!GREETING.test(await reader.next(line))) throw new ProbeError('PROTOCOL', 'NO_RSYNC');
  conversation.write(VERSION_LINE);
  return reader;
}

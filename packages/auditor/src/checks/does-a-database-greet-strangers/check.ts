import { AnswerReader } from '../../protocols/answer-reader.ts';
import { converseWith } from '../../protocols/converse.ts';
import {
  mysqlPacket,
  parseMysqlGreeting,
  parsePrelogin,
  tdsPacket,
  tdsPrelogin,
} from '../../protocols/sql-greetings.ts';
import type { SocketAsker } from '../../transport/index.ts';
import type { Check, Verdict } from '../check.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: ({ protocol }) => protocol === 'mysql' || protocol === 'mssql',
  ask: (asker, service) => (service.protocol === 'mysql' ? askMysql(asker) : askSqlServer(asker)),
};

/** MariaDB 10 puts this before its version, for clients that cannot read two digits. */
const BEFORE_MARIADB = /^5\.5\.5-(?=\d+\.\d+\.\d+-MariaDB)/;

function askMysql(asker: SocketAsker): Promise<Verdict> {
  return converseWith(asker, 'MySQL greeting', async (conversation) => {
    const greeting = parseMysqlGreeting(await new AnswerReader(conversation).next(mysqlPacket));
    // 1130: this host is not allowed to connect; 1129: blocked.
    if (greeting.kind === 'error') return isProtected({ errorCode: greeting.code });
    const version = greeting.version.replace(BEFORE_MARIADB, '');
    return exposed({ version, offersTls: greeting.offersTls });
  });
}

/** ENCRYPT_NOT_SUP ([MS-TDS] 2.2.6.5). */
const ENCRYPTION_NOT_SUPPORTED = 2;

function askSqlServer(asker: SocketAsker): Promise<Verdict> {
  return converseWith(asker, 'TDS PRELOGIN', async (conversation) => {
    conversation.write(tdsPrelogin());
    const answer = parsePrelogin(await new AnswerReader(conversation).next(tdsPacket));
    const { version, encryption } = answer;
    return exposed({ version, offersTls: encryption !== ENCRYPTION_NOT_SUPPORTED });
  });
}

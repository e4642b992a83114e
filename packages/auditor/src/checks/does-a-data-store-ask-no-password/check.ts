import { AnswerReader, line } from '../../protocols/answer-reader.ts';
import { converseWith } from '../../protocols/converse.ts';
import { mongoMessage, opMsg, parseMongoReply } from '../../protocols/mongodb.ts';
import type { HttpAsker } from '../../transport/index.ts';
import type { Check, Verdict } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

const ELASTICSEARCH_PORT = 9200;
/** Start of the cluster's presentation of itself. */
const PRESENTATION_BYTES = 4096;

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: ({ protocol, port }) =>
    ['redis', 'mongodb', 'elasticsearch'].includes(protocol) ||
    (port === ELASTICSEARCH_PORT && (protocol === 'http' || protocol === 'https')),
  ask: (asker, { protocol }) => {
    if (protocol === 'redis') return askRedis(asker);
    return protocol === 'mongodb' ? askMongo(asker) : askElasticsearch(asker);
  },
};

function askRedis(asker: HttpAsker): Promise<Verdict> {
  return converseWith(asker, 'Redis PING', async (conversation) => {
    conversation.write('PING\r\n');
    const answer = await new AnswerReader(conversation).next(line);
    if (answer === '+PONG') return exposed({ product: 'Redis', answer: 'PONG' });
    // NOAUTH, DENIED (protected mode), WRONGPASS.
    const code = /^-([A-Z]{2,20})\b/.exec(answer)?.[1];
    return code === undefined
      ? inconclusive('NO_REDIS', 'the answer is none of Redis')
      : isProtected({ product: 'Redis', answer: code });
  });
}

function askMongo(asker: HttpAsker): Promise<Verdict> {
  return converseWith(asker, 'MongoDB search of a random collection', async (conversation) => {
    const name = `expoaudit${asker.freshUID().replaceAll('.', '')}`.slice(0, 40);
    conversation.write(opMsg(1, { find: name, limit: 1, $db: name }));
    const reply = parseMongoReply(await new AnswerReader(conversation).next(mongoMessage));
    if (reply.isOk) return exposed({ product: 'MongoDB', ok: true });
    return isProtected({ product: 'MongoDB', code: reply.code ?? 0 });
  });
}

async function askElasticsearch(asker: HttpAsker): Promise<Verdict> {
  const { status, headers, body } = await asker.request({
    method: 'GET',
    path: '/',
    bodyMaxBytes: PRESENTATION_BYTES,
  });
  const evidence = { product: 'Elasticsearch', status };
  if (status === 401 || status === 403) return isProtected(evidence);
  const isCluster = headers.has('x-elastic-product') || /"cluster_(name|uuid)"/.test(body.toString('latin1'));
  if (status === 200 && isCluster) return exposed(evidence);
  return notApplicable('NO_ELASTICSEARCH', 'it is another web server');
}

import type { FetchJob, FetchRequest } from './jobs.ts';
import { openerOf, type WebAnswer, type WebAsk, type WebConnection } from './raw-http.ts';
import type { Tally } from './tally.ts';
import type { Work } from './workload.ts';

/** Each match of a search names its study once. */
const MATCH = '"0020000D"';

/** GET after GET on each connection, the next of the list each time, until so many are answered or the time is up. */
export function fetchWork(job: FetchJob): Work<WebConnection> {
  let next = 0;
  let until = Infinity;
  return {
    open: openerOf(job.web),
    async run(connection, index, tally) {
      // Each client begins elsewhere in the list, so that not all ask for the same at once.
      if (until === Infinity) until = performance.now() + job.maxMs;
      const from = Math.floor((index * job.requests.length) / job.clients);
      for (let time = 0; next < job.count && performance.now() < until; time++) {
        next++;
        const request = job.requests[(from + time) % job.requests.length];
        if (request === undefined || !(await fetchOnce(connection, request, tally))) return;
      }
    },
  };
}

/** @returns whether to go on */
async function fetchOnce(connection: WebConnection, request: FetchRequest, tally: Tally): Promise<boolean> {
  const startedAt = performance.now();
  try {
    const answer = await connection.ask(askOf(request));
    const elapsedMs = performance.now() - startedAt;
    const problem = problemOf(request, answer);
    if (problem !== undefined) tally.failure(problem);
    else {
      const { bytes, firstByteMs } = answer;
      tally.success(elapsedMs, { bytes, firstByteMs, label: request.label });
    }
    return true;
  } catch (error) {
    tally.failure(error instanceof Error ? error.message : String(error));
    return false;
  }
}

export function askOf({ path, accept, acceptEncoding, matches }: FetchRequest): WebAsk {
  const encoding = acceptEncoding === undefined ? {} : { 'Accept-Encoding': acceptEncoding };
  return { path, headers: { Accept: accept, ...encoding }, keepsBody: matches !== undefined };
}

/** What is wrong with an answer: its bytes were looked at once before, afterwards there must be as many. */
function problemOf({ bytes, matches }: FetchRequest, answer: WebAnswer): string | undefined {
  if (answer.status !== 200) return `status ${answer.status}`;
  if (bytes !== undefined && answer.bytes !== bytes) return `${answer.bytes} bytes instead of ${bytes}`;
  if (matches === undefined) return undefined;
  const found = matchesIn(answer.body);
  return found === matches ? undefined : `${found} matches instead of ${matches}`;
}

function matchesIn(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(MATCH); at >= 0; at = body.indexOf(MATCH, at + MATCH.length)) count++;
  return count;
}

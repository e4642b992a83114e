import { TransferSyntaxUID } from '@leadglass/dicom';
import type { Bench } from '../bench.ts';
import type { FetchRequest } from '../client/jobs.ts';
import { RawHttp } from '../client/raw-http.ts';
import { multipart } from '../../support/web-client.ts';
import { type InstancePlace, instanceUID, seriesUID, studyUID } from '../data/uids.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { failuresOf, range, type Sample } from '../report.ts';
import { summarise } from '../statistics.ts';
import { takeTurns } from './compare.ts';
import { webOf } from './web-checks.ts';

const SYNTAX = TransferSyntaxUID.HTJ2KLosslessRPCL;
const INSTANCES = 50;
const CLIENTS = 8;
const FETCH_MS = 2_000;
const QUICK_FETCH_MS = 300;

/**
 * Until the first byte of a frame in HTJ2K: of one that is stored so, and of one that is made so when it is asked for.
 * @param native an instance that is held in Explicit VR Little Endian, of the study that the compressed ones are made from
 */
export async function firstBytes(bench: Bench, running: RunningPeer, native: InstancePlace): Promise<void> {
  const { base } = webOf(running);
  const stored = await storeCompressed(running, native, bench.nextRun());
  const accept = `multipart/related; type="image/jphc"; transfer-syntax=${SYNTAX}`;
  const framesOf = (places: readonly InstancePlace[]): FetchRequest[] =>
    places.map((place) => ({ path: `${base}/${pathOf(place)}/frames/1`, accept }));
  const { quick, rounds } = bench.options;
  const overHTTP2: RunningPeer = { ...running, web: { ...webOf(running), protocol: 'HTTP/2' } };
  const plans = [
    ['stored as HTJ2K, a connection each', running, framesOf(stored)],
    ['stored as HTJ2K, HTTP/2, one connection', overHTTP2, framesOf(stored)],
    ['stored native, encoded when asked for, a connection each', running, framesOf([native])],
  ] as const;
  const rows = [];
  for (const [title, peer, requests] of plans) {
    const [row] = await takeTurns(bench, [peer], {
      unit: 'request',
      rounds,
      warmUps: 1,
      measurements: [
        {
          title,
          job: () => ({
            kind: 'fetch',
            web: webOf(peer),
            clients: CLIENTS,
            requests,
            count: Infinity,
            maxMs: quick ? QUICK_FETCH_MS : FETCH_MS,
          }),
        },
      ],
    });
    if (row) rows.push(row);
  }
  bench.report.table({
    title: `First byte of a frame in HTJ2K, ${CLIENTS} clients, ${rounds} rounds: ms, median (min-max) of the rounds`,
    columns: ['frame', 'p50', 'p95', 'p99', 'frames/s', 'failures'],
    rows: rows.map(({ title, samples }) => {
      const of = (value: (sample: Sample) => number): string => range(summarise(samples.map(value)));
      return [
        title,
        of(({ result }) => result.firstByte?.p50 ?? NaN),
        of(({ result }) => result.firstByte?.p95 ?? NaN),
        of(({ result }) => result.firstByte?.p99 ?? NaN),
        of(({ result }) => (result.done / result.elapsedMs) * 1000),
        failuresOf(samples),
      ];
    }),
    data: rows.map(({ title, samples }) => ({ title, samples })),
  });
}

const pathOf = (place: InstancePlace): string =>
  `studies/${studyUID(place)}/series/${seriesUID(place)}/instances/${instanceUID(place)}`;

/** Lets the server compress an instance, and stores it many times under other UIDs. */
async function storeCompressed(
  running: RunningPeer,
  native: InstancePlace,
  run: number,
): Promise<InstancePlace[]> {
  const web = webOf(running);
  const connection = await RawHttp.open(web);
  try {
    const made = await connection.ask({
      path: `${web.base}/${pathOf(native)}`,
      headers: { Accept: `application/dicom; transfer-syntax=${SYNTAX}` },
      keepsBody: true,
    });
    if (made.status !== 200) throw new Error(`no instance in HTJ2K: status ${made.status}`);
    const places = Array.from({ length: INSTANCES }, (_, instance) => ({
      run,
      association: 0,
      study: 0,
      instance,
    }));
    const parts = places.map((place) => ({
      type: 'application/dicom',
      body: readdressed(made.body, native, place),
    }));
    const { headers, body } = multipart(parts);
    const answer = await connection.ask({
      path: `${web.base}/studies`,
      headers: { ...headers, Accept: 'application/dicom+json' },
      body: { length: body.length, pieces: [body] },
    });
    if (answer.status !== 200) throw new Error(`not stored: status ${answer.status}`);
    return places;
  } finally {
    await connection.release();
  }
}

/** The file under other UIDs, which are all equally long. */
function readdressed(file: Buffer, from: InstancePlace, to: InstancePlace): Buffer {
  const copy = Buffer.from(file);
  for (const uid of [studyUID, seriesUID, instanceUID]) {
    const [before, after] = [uid(from), uid(to)];
    for (let at = copy.indexOf(before, 0, 'latin1'); at >= 0; at = copy.indexOf(before, at + 1, 'latin1'))
      copy.write(after, at, 'latin1');
  }
  return copy;
}

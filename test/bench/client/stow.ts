import { writePart10Header } from '@leadglass/dicom';
import type { InstancePlace } from '../data/uids.ts';
import type { Template } from '../data/template.ts';
import { IMPLEMENTATION_CLASS_UID } from './raw-association.ts';
import type { StowJob } from './jobs.ts';
import { openerOf, type WebConnection } from './raw-http.ts';
import { templateOf } from './store.ts';
import type { Work } from './workload.ts';

const BOUNDARY = 'instances-of-the-bench';
const PART_HEAD = Buffer.from(`\r\n--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`, 'latin1');
const CLOSING = Buffer.from(`\r\n--${BOUNDARY}--\r\n`, 'latin1');
const CONTENT_TYPE = `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`;

/** Sequences of the answer (PS3.18 10.5.3.2). */
const REFERENCED = '00081199';
const FAILED = '00081198';

/** STOW-RS: each client posts studies of so many instances, the next when the one before was answered. */
export function stowWork(job: StowJob): Work<WebConnection> {
  const template = templateOf(job.data);
  const share = (index: number): number => Math.floor((job.posts * index) / job.clients);
  // Made before the clock starts; the pixels are the same for all.
  const bodies = Array.from({ length: job.clients }, (_, index) =>
    Array.from({ length: share(index + 1) - share(index) }, (_each, study) =>
      bodyOf(template, { run: job.run, association: index, study, instance: 0 }, job.instancesPerPost),
    ),
  );
  return {
    open: openerOf(job.web),
    async run(connection, index, tally) {
      for (const body of bodies[index] ?? []) {
        const startedAt = performance.now();
        const { status, body: report } = await connection.ask({
          path: `${job.web.base}/studies`,
          headers: { 'Content-Type': CONTENT_TYPE, Accept: 'application/dicom+json' },
          body,
          keepsBody: true,
        });
        const stored = status === 200 ? storedIn(report) : 0;
        if (stored !== job.instancesPerPost)
          tally.failure(`status ${status}, ${stored} of ${job.instancesPerPost} stored`);
        const bytes = stored * template.dataSet.length;
        tally.success(performance.now() - startedAt, { bytes, count: stored });
      }
    },
  };
}

/** Instances that an answer says are stored; none when it names failed ones. */
function storedIn(report: Buffer): number {
  const answer = JSON.parse(report.toString('utf8')) as Record<string, { Value?: unknown[] } | undefined>;
  if ((answer[FAILED]?.Value?.length ?? 0) > 0) return 0;
  return answer[REFERENCED]?.Value?.length ?? 0;
}

function bodyOf(
  template: Template,
  first: InstancePlace,
  instances: number,
): { length: number; pieces: Buffer[] } {
  const pieces: Buffer[] = [];
  for (let instance = 0; instance < instances; instance++) {
    pieces.push(...part10Pieces(template, { ...first, instance }, PART_HEAD));
  }
  pieces.push(CLOSING);
  return { length: pieces.reduce((sum, piece) => sum + piece.length, 0), pieces };
}

/** A file of PS3.10: what is before it and what changes in one piece, and the rest, which all instances share. */
export function part10Pieces(
  template: Template,
  place: InstancePlace,
  before = Buffer.alloc(0),
): [Buffer, Buffer] {
  const { dataSet, offsets, sopClassUID, transferSyntaxUID } = template;
  const values = template.values(place);
  const [[, sopInstanceUID] = [0, '']] = values;
  const fileHead = writePart10Header({
    sopClassUID,
    sopInstanceUID,
    transferSyntaxUID,
    implementationClassUID: IMPLEMENTATION_CLASS_UID,
    implementationVersionName: 'LEADGLASS_BENCH',
  });
  const changingEnd = Math.max(...values.map(([tag, value]) => (offsets.get(tag) ?? 0) + value.length));
  const head = Buffer.concat([before, fileHead, dataSet.subarray(0, changingEnd)]);
  const dataSetAt = before.length + fileHead.length;
  for (const [tag, value] of values) head.write(value, dataSetAt + (offsets.get(tag) ?? 0), 'latin1');
  const rest = dataSet.subarray(changingEnd);
  return [head, Buffer.from(rest.buffer, rest.byteOffset, rest.length)];
}

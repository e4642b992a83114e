import { z } from 'zod';
import type { SystemCounts } from '../../findings/index.ts';
import type { HttpAnswer } from '../../transport/index.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { asksForLogin, isLoginEverywhere, isWebDoor, mediaTypeOf, productOfDoor } from '../web-doors.ts';
import { meta } from './meta.ts';

/** A counter page has some 300 bytes. */
const COUNTER_BYTES = 4 * 1024;

const whole = z.int().nonnegative();
const orthancCounters = z.object({ CountStudies: whole, CountInstances: whole });
const studyCounter = z.object({ count: whole });

interface Counter {
  readonly product: string;
  readonly path: string;
  read(value: unknown): SystemCounts | undefined;
}

const exactly = (value: number) => ({ value, isLowerBound: false });

const counters: readonly Counter[] = [
  {
    product: 'Orthanc',
    path: '/statistics',
    read(value) {
      const { data } = orthancCounters.safeParse(value);
      return data && { studies: exactly(data.CountStudies), images: exactly(data.CountInstances) };
    },
  },
  {
    product: 'dcm4chee-arc',
    path: '/dcm4chee-arc/aets/DCM4CHEE/rs/studies/count',
    read(value) {
      const { data } = studyCounter.safeParse(value);
      return data && { studies: exactly(data.count) };
    },
  },
];

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker) {
    const named = await productOfDoor(asker);
    let refusal: HttpAnswer | undefined;
    for (const counter of counters) {
      if (named !== undefined && named !== counter.product) continue;
      const answer = await asker.request({ method: 'GET', path: counter.path, bodyMaxBytes: COUNTER_BYTES });
      const counts = answer.status === 200 ? counter.read(parsed(answer)) : undefined;
      if (counts !== undefined) return exposed(factsOf(counter, counts), { grants: ['H'], counts });
      if (asksForLogin(answer)) refusal = answer;
    }
    if (refusal === undefined) return notApplicable('NO_COUNTER', 'no counter of a known product');
    const isKnown = named !== undefined || !(await isLoginEverywhere(asker));
    return isKnown
      ? isProtected({ status: refusal.status })
      : notApplicable('NO_COUNTER', 'a login stands before everything');
  },
};

function factsOf(
  { product, path }: Counter,
  { studies, images }: SystemCounts,
): Record<string, string | number> {
  return {
    product,
    path,
    status: 200,
    ...(studies === undefined ? {} : { studies: studies.value }),
    ...(images === undefined ? {} : { images: images.value }),
  };
}

function parsed(answer: HttpAnswer): unknown {
  if (!mediaTypeOf(answer).endsWith('json') || answer.isCut) return undefined;
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch {
    return undefined;
  }
}

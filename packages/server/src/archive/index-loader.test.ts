import { describe, expect, test } from 'vitest';
import { IndexLoader } from './index-loader.ts';
import { type ArchiveIndex, openIndex } from './index/index.ts';
import { entryOf, queryOf } from './index/test-support.ts';

const one = (number: number) => entryOf({ StudyInstanceUID: `1.${number}`, SOPInstanceUID: `1.1.${number}` });

/** Loads instances into an index, and counts how often that began to be filled. */
function loaded(instances: number, index: ArchiveIndex): number {
  let filled = 0;
  const { startFilling } = index;
  index.startFilling = () => {
    filled += 1;
    startFilling.call(index);
  };
  const loader = new IndexLoader(index, 3);
  for (let number = 0; number < instances; number++) {
    expect(loader.has(`1.1.${number}`)).toBe(false);
    loader.add(one(number));
    expect(loader.has(`1.1.${number}`), 'in a batch or in the index').toBe(true);
  }
  loader.flush({ packID: 4, offset: 5 });
  expect(loader.has('1.1.0')).toBe(instances > 0);
  loader.finish();
  return filled;
}

describe('loading an index', () => {
  test.each([0, 2, 3, 10])('brings %i instances and the position', (instances) => {
    const index = openIndex({ location: ':memory:' });
    const filled = loaded(instances, index);
    expect(filled > 0, 'no filling for less than a batch').toBe(instances >= 3);
    expect(index.position()).toEqual({ packID: 4, offset: 5 });
    expect(index.statistics().instances).toBe(instances);
    expect([...index.query(queryOf({ PatientName: '*OE^J*' }))]).toHaveLength(instances);
    index.close();
  });
});

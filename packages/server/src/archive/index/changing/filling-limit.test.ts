import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { openIndex } from '../archive-index.ts';
import { entryOf, queryOf } from '../test-support.ts';

vi.mock('../limits.ts', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  FILLED_INSTANCES_MAX: 5,
}));

/** Read beside the index, on a connection of its own that does not stay. */
function markOf(location: string): unknown {
  const database = new DatabaseSync(location, { readOnly: true });
  const mark = database.prepare('select filling from index_state').get()?.['filling'];
  database.close();
  return mark;
}

test('beyond the limit of memory the filling is finished, and further instances are added as ever', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leadglass-filling-'));
  const location = join(folder, 'index.sqlite');
  const index = openIndex({ location });
  index.startFilling();
  const marks = Array.from({ length: 8 }, (_, number) => {
    index.add([entryOf({ StudyInstanceUID: `1.${number}`, SOPInstanceUID: `1.1.${number}` })]);
    return markOf(location);
  });
  expect(marks).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
  expect([...index.query(queryOf({ PatientName: '*OE^J*' }))]).toHaveLength(8);
  index.close();
  rmSync(folder, { recursive: true });
});

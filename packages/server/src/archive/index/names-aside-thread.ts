import { parentPort, workerData } from 'node:worker_threads';
import { openAside } from './database.ts';
import { SortedNames } from './name-tables.ts';
import { type AsideMessage, type AsideStart, DONE, FAILED, OUTCOME, TAKEN } from './names-aside.ts';

/** The thread that makes the table of names in a file of its own. */

const { location, shared } = workerData as AsideStart;

try {
  const connection = openAside(location);
  connection.database.exec('begin');
  const names = new SortedNames(connection);
  parentPort?.on('message', (message: AsideMessage) => {
    try {
      if (message !== undefined) names.add(message);
      else {
        names.end();
        connection.database.exec('commit');
        connection.close();
        tell(DONE);
      }
      wake();
    } catch {
      fail();
    }
  });
} catch {
  fail();
}

/** What is left of the tables is of no use: whoever waits makes them, and meets the reason if it lasts. */
function fail(): void {
  tell(FAILED);
  wake();
  parentPort?.close();
}

/** Whoever waits looks at the outcome too. */
function wake(): void {
  Atomics.add(shared, TAKEN, 1);
  Atomics.notify(shared, TAKEN);
}

function tell(outcome: number): void {
  Atomics.store(shared, OUTCOME, outcome);
  Atomics.notify(shared, OUTCOME);
}

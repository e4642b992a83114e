import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { WatchError } from './watch-error.ts';

/**
 * Never two watches of one folder at once. The lock is one that SQLite takes from the operating system, which lets go
 * of it when the process ends, however it ends. Throws WatchError IN_USE.
 */
export function takeRunLock(path: string): Disposable {
  closeSync(openSync(path, 'a', 0o600));
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!(error instanceof Error && error.message.includes('locked'))) throw error;
    throw new WatchError('IN_USE', 'another watch is at work in this folder');
  }
  return { [Symbol.dispose]: () => lock.close() };
}

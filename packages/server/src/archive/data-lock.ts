import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Another process has the data folder. */
export class DataFolderInUse extends Error {
  readonly code = 'DATA_FOLDER_IN_USE';
  constructor(file: string) {
    super(`another leadglass process holds ${file}`);
  }
}

/**
 * Only one process may write a data folder. The lock is SQLite's own on a file that holds nothing: the
 * operating system lets go of it when the process ends, however it ends, so none is ever left behind.
 */
export class DataLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Throws DataFolderInUse. */
  static take(file: string): DataLock {
    // SQLite would create it readable by all; its journal takes the mode of the file.
    closeSync(openSync(file, 'a', 0o600));
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      return new DataLock(database);
    } catch (error) {
      database.close();
      const busy = error instanceof Error && /locked|busy/i.test(error.message);
      throw busy ? new DataFolderInUse(file) : error;
    }
  }

  release(): void {
    this.#database.close();
  }
}

/** What the history's tables became, step by step. A step that was released is never edited: a new one is added. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

export const migrations: readonly Migration[] = [
  {
    name: '0001-runs-exposures-alerts',
    sql: `
CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  due TEXT NOT NULL,
  started TEXT NOT NULL,
  ended TEXT,
  outcome TEXT NOT NULL CHECK (outcome IN ('running', 'interrupted', 'complete', 'failed', 'abandoned')),
  reason TEXT,
  scope_hash TEXT NOT NULL,
  tool_version TEXT NOT NULL,
  addresses INTEGER NOT NULL DEFAULT 0,
  responding INTEGER NOT NULL DEFAULT 0
) STRICT;
-- kind 'class', 'severity' or 'change'; numbers alone, so that a trend is one query.
CREATE TABLE run_count (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (run, kind, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_change (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  item TEXT NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
-- What is open as far as is known after the last complete run.
CREATE TABLE exposure (
  check_id TEXT NOT NULL,
  system TEXT NOT NULL,
  severity TEXT NOT NULL,
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  ports TEXT NOT NULL,
  PRIMARY KEY (check_id, system)
) STRICT, WITHOUT ROWID;
CREATE TABLE known_system (address TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- Written with the run it tells of, sent afterwards: a crash between the two loses none.
CREATE TABLE alert (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  created TEXT NOT NULL,
  message TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'given-up')),
  tries INTEGER NOT NULL DEFAULT 0,
  problem TEXT
) STRICT;
CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
`,
  },
];

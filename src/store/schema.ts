import type { Database } from 'node-sqlite3-wasm';
import { dataDirFault } from './data-dir.js';

/** Statements that lead from each version of the schema to the next; the first one begins with an empty file. */
const STEPS: readonly string[] = [
  `CREATE TABLE documents (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE records (kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, needed_until INTEGER NOT NULL,
     PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;`,
];

/** Brings the database to this version's schema, in one transaction. @throws ConfigError for a later one's */
export function migrate(database: Database): void {
  const version = Number(database.get('PRAGMA user_version')?.user_version);
  if (version > STEPS.length) {
    throw dataDirFault(
      `its database was written by a later version of KKP (schema ${version}). Allowed: up to ${STEPS.length}`,
    );
  }
  if (version === STEPS.length) return;
  database.exec(
    `BEGIN IMMEDIATE; ${STEPS.slice(version).join('\n')} PRAGMA user_version = ${STEPS.length}; COMMIT;`,
  );
}

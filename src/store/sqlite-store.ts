/* eslint-disable @typescript-eslint/require-await -- other stores wait for their answers */
import { chmodSync, closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'node-sqlite3-wasm';
import { codeOf, dataDirFault, prepareDataDir, syncDirectory } from './data-dir.js';
import { ProcessLock } from './process-lock.js';
import { nextRevision, type Store, type StoredRecord, type Versioned } from './store.js';
import { migrate } from './schema.js';

const FILE = 'kkp.db';
const FILE_MODE = 0o600;

/**
 * State in a SQLite database in a directory of its own (0700, files 0600), for one process at a time. A write is on the
 * disk when its promise resolves: SQLite syncs, and holds the process meanwhile.
 */
export class SqliteStore implements Store {
  readonly #directory: string;
  readonly #lock = new ProcessLock();
  #database: Database | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async open(): Promise<void> {
    prepareDataDir(this.#directory);
    await this.#lock.acquire(this.#directory);
    try {
      this.#database = await openDatabase(this.#directory);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  async load(name: string): Promise<Versioned | undefined> {
    const row = this.#open().get('SELECT revision, value FROM documents WHERE name = ?', [name]);
    return row ? { revision: Number(row.revision), value: row.value as unknown as Uint8Array } : undefined;
  }

  async replace(name: string, expected: number | undefined, value: Uint8Array): Promise<number | undefined> {
    const revision = nextRevision(expected);
    const { changes } =
      expected === undefined
        ? this.#open().run('INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [
            name,
            revision,
            value,
          ])
        : this.#open().run('UPDATE documents SET revision = ?, value = ? WHERE name = ? AND revision = ?', [
            revision,
            value,
            name,
            expected,
          ]);
    return changes === 1 ? revision : undefined;
  }

  async put(kind: string, { id, value, neededUntil }: StoredRecord): Promise<void> {
    this.#open().run('INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)', [kind, id, value, neededUntil]);
  }

  async records(kind: string): Promise<readonly StoredRecord[]> {
    const rows = this.#open().all('SELECT id, value, needed_until FROM records WHERE kind = ? ORDER BY id', [
      kind,
    ]);
    return rows.map((row) => ({
      id: row.id as string,
      value: row.value as string,
      neededUntil: Number(row.needed_until),
    }));
  }

  async forget(kind: string, now: number): Promise<void> {
    this.#open().run('DELETE FROM records WHERE kind = ? AND needed_until < ?', [kind, now]);
  }

  async close(): Promise<void> {
    this.#database?.close();
    this.#database = undefined;
    this.#lock.release();
  }

  #open(): Database {
    if (!this.#database) throw new Error('The store is not open.');
    return this.#database;
  }
}

async function openDatabase(directory: string): Promise<Database> {
  // Loaded by those alone who keep a data directory: 1.3 MB of WebAssembly.
  const { default: sqlite } = await import('node-sqlite3-wasm');
  const path = join(directory, FILE);
  // The library's own lock, which a killed process leaves behind. Whoever gets here holds the directory.
  rmSync(`${path}.lock`, { recursive: true, force: true });
  if (!existsSync(path)) closeSync(openSync(path, 'wx', FILE_MODE));
  let database: Database | undefined;
  try {
    database = new sqlite.Database(path);
    // The journal stays, so that its name is on the disk before anything depends on it.
    database.exec('PRAGMA journal_mode = PERSIST; PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF;');
    migrate(database);
    for (const file of [path, `${path}-journal`]) if (existsSync(file)) chmodSync(file, FILE_MODE);
    syncDirectory(directory);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof sqlite.SQLite3Error) throw dataDirFault(`${FILE} cannot be read as a database`);
    if (error instanceof Error && error.name === 'ConfigError') throw error;
    throw dataDirFault(`${FILE} cannot be used (${codeOf(error)})`);
  }
}

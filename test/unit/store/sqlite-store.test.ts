import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { SqliteStore } from '../../../src/store/index.js';
import { Places } from './places.js';

const places = new Places();
const open: SqliteStore[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  places.clear();
});

async function openStore(directory: string): Promise<SqliteStore> {
  const store = new SqliteStore(directory);
  open.push(store);
  await store.open();
  return store;
}

const fill = async (directory: string): Promise<void> => {
  const store = await openStore(directory);
  await store.replace('ring', undefined, Uint8Array.of(1));
  await store.put('rule', { id: 'a', value: 'v', neededUntil: 1 });
  await store.close();
};

describe('the SQLite store', () => {
  it('has after a restart what it had before', async () => {
    const directory = places.directory();
    await fill(directory);
    const store = await openStore(directory);
    expect(await store.load('ring')).toEqual({ revision: 1, value: Uint8Array.of(1) });
    expect(await store.records('rule')).toHaveLength(1);
  });

  it('makes its directory for its owner alone, and its files too', async () => {
    const directory = join(places.directory(), 'deep', 'data');
    const store = await openStore(directory);
    await store.put('rule', { id: 'a', value: 'v', neededUntil: 1 });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory).filter((file) => file.startsWith('kkp.db'))) {
      if (!name.endsWith('.lock')) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('takes files that others may read away from them, and keeps its journal', async () => {
    const directory = places.directory();
    await fill(directory);
    const files = ['kkp.db', 'kkp.db-journal'].map((name) => join(directory, name));
    for (const file of files) chmodSync(file, 0o644);
    await openStore(directory);
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it.each([0o750, 0o705, 0o777, 0o710, 0o701])('refuses a directory of mode %o', async (mode) => {
    const directory = places.directory();
    chmodSync(directory, mode);
    await expect(openStore(directory)).rejects.toThrow('Allowed: a directory of mode 0700');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('refuses a file in place of the directory', async () => {
    await expect(openStore(places.file('x'))).rejects.toThrow(
      'The data directory: it cannot be made (EEXIST)',
    );
  });

  it('refuses a directory that another store holds, and takes it when that is closed', async () => {
    const directory = places.directory();
    const first = await openStore(directory);
    await expect(openStore(directory)).rejects.toThrow('another process uses it');
    await expect(openStore(directory)).rejects.toThrow('another process uses it');
    await first.put('rule', { id: 'a', value: 'v', neededUntil: 1 });
    await first.close();
    expect(await (await openStore(directory)).records('rule')).toHaveLength(1);
  });

  it('lets one of several win that open at once', async () => {
    const directory = places.directory();
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => openStore(directory)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('lets go of the directory when its database is not good', async () => {
    const directory = places.directory();
    writeFileSync(join(directory, 'kkp.db'), 'no database, but quite a long text '.repeat(100));
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(openStore(directory)).rejects.toThrow('kkp.db cannot be read as a database');
    }
  });

  it('takes away the lock of SQLite that a killed process left behind', async () => {
    const directory = places.directory();
    await fill(directory);
    mkdirSync(join(directory, 'kkp.db.lock'));
    expect(await (await openStore(directory)).records('rule')).toHaveLength(1);
  });

  it('refuses what a later version of KKP has written', async () => {
    const directory = places.directory();
    await fill(directory);
    const database = new sqlite.Database(join(directory, 'kkp.db'));
    database.exec('PRAGMA user_version = 2');
    database.close();
    const before = readFileSync(join(directory, 'kkp.db'));
    await expect(openStore(directory)).rejects.toThrow('written by a later version of KKP (schema 2)');
    expect(readFileSync(join(directory, 'kkp.db'))).toEqual(before);
  });

  it('refuses a path that no socket can have', async () => {
    const directory = join(places.directory(), 'd'.repeat(100));
    await expect(openStore(directory)).rejects.toThrow('its path is too long');
  });

  it('fails when it is not open', async () => {
    const store = new SqliteStore(places.directory());
    await expect(store.load('ring')).rejects.toThrow('not open');
    await expect(store.put('rule', { id: 'a', value: 'v', neededUntil: 1 })).rejects.toThrow('not open');
  });

  it('takes over the socket of a process that is gone, and leaves nothing beside it', async () => {
    const directory = places.directory();
    const [path, aside] = ['kkp.sock', 'aside'].map((name) => join(directory, name)) as [string, string];
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(path, resolve));
    // Closing would take the socket away, if it were where it was.
    renameSync(path, aside);
    await new Promise((resolve) => gone.close(resolve));
    renameSync(aside, path);
    await openStore(directory);
    expect(readdirSync(directory).filter((name) => !name.startsWith('kkp.db'))).toEqual(['kkp.sock']);
    await expect(openStore(directory)).rejects.toThrow('another process uses it');
  });

  it('holds its directory no longer than its socket lives', async () => {
    const directory = places.directory();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(join(directory, 'kkp.sock'), resolve));
    await expect(openStore(directory)).rejects.toThrow('another process uses it');
    await new Promise((resolve) => other.close(resolve));
    await openStore(directory);
  });
});

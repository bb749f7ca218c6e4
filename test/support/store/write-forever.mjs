// Writes to a store until it is killed: write-forever.mjs DIRECTORY. Prints what it has been told is stored.
import { writeSync } from 'node:fs';
import { SqliteStore } from '../../../dist/store/index.js';

const store = new SqliteStore(process.argv[2]);
await store.open();
let { revision } = (await store.load('counter')) ?? {};
for (;;) {
  revision = await store.replace('counter', revision, Buffer.alloc(3000, revision ?? 0));
  await store.put('rule', { id: `rule-${revision}`, value: String(revision), neededUntil: 1 });
  writeSync(1, `${revision}\n`);
}

// Writes to a store until it is killed: write-forever.mjs DIRECTORY. Prints what it has been told is stored.
import { writeSync } from 'node:fs';
import { SqliteStore } from '../../../dist/store/index.js';

const store = new SqliteStore(process.argv[2]);
await store.open();
let { revision } = (await store.load('counter')) ?? {};
// The process before may have been killed between the two writes of a round.
if (revision !== undefined) await putRule(revision);
for (;;) {
  revision = await store.replace('counter', revision, Buffer.alloc(3000, revision ?? 0));
  await putRule(revision);
  writeSync(1, `${revision}\n`);
}

function putRule(number) {
  return store.put('rule', { id: `rule-${number}`, value: String(number), neededUntil: 1 });
}

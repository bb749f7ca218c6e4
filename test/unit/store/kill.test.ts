import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SqliteStore } from '../../../src/store/index.js';
import { Places } from './places.js';

const WRITER = fileURLToPath(new URL('../../support/store/write-forever.mjs', import.meta.url));
const KILLS = 10;

const places = new Places();
afterEach(() => places.clear());

/** Kills a writer once it has told of some writes. @returns the last one it told of */
async function killed(directory: string, after: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
    if (told.split('\n').length > after) child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code).toBeNull();
  return Number(told.trim().split('\n').at(-1));
}

describe('a store whose process is killed while it writes', () => {
  it(`has all that was told, each time of ${KILLS}, and opens again`, async () => {
    const directory = places.directory();
    for (let round = 0; round < KILLS; round++) {
      const told = await killed(directory, 1 + (round % 7));
      const store = new SqliteStore(directory);
      await store.open();
      const counter = (await store.load('counter'))!;
      // One more may have been stored and not told of.
      expect(counter.revision - told).toBeGreaterThanOrEqual(0);
      expect(counter.value).toEqual(new Uint8Array(Buffer.alloc(3000, counter.revision - 1)));
      const rules = await store.records('rule');
      expect(rules.length).toBeGreaterThanOrEqual(told);
      expect(new Set(rules.map(({ value }) => Number(value)))).toEqual(
        new Set(Array.from({ length: rules.length }, (_, at) => at + 1)),
      );
      await store.close();
    }
  });
});

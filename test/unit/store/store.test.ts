import { MemoryStore, SqliteStore, type Store } from '../../../src/store/index.js';
import { Places } from './places.js';

const places = new Places();
afterEach(() => places.clear());

const bytes = (...values: number[]) => Uint8Array.from(values);

describe.each<[string, () => Store]>([
  ['memory', () => new MemoryStore()],
  ['SQLite', () => new SqliteStore(places.directory())],
])('a store in %s', (_name, make) => {
  let store: Store;
  beforeEach(async () => {
    store = make();
    await store.open();
  });
  afterEach(() => store.close());

  it('is empty at first', async () => {
    expect(await store.load('ring')).toBeUndefined();
    expect(await store.records('rule')).toEqual([]);
  });

  it('gives back the bytes that were stored last, with their revision', async () => {
    const first = await store.replace('ring', undefined, bytes(1, 0, 255));
    expect(await store.load('ring')).toEqual({ revision: first, value: bytes(1, 0, 255) });
    const second = await store.replace('ring', first, bytes());
    expect(second).not.toBe(first);
    expect(await store.load('ring')).toEqual({ revision: second, value: bytes() });
  });

  it('keeps no hold of the bytes that it was given', async () => {
    const value = bytes(1, 2, 3);
    await store.replace('ring', undefined, value);
    value.fill(0);
    expect((await store.load('ring'))?.value).toEqual(bytes(1, 2, 3));
  });

  it.each<[string, (revision: number) => number | undefined]>([
    ['none', () => undefined],
    ['an older one', (revision) => revision - 1],
    ['a later one', (revision) => revision + 1],
  ])('writes nothing when another revision was expected: %s', async (_case, expected) => {
    const first = await store.replace('ring', undefined, bytes(1));
    const revision = (await store.replace('ring', first, bytes(2)))!;
    expect(await store.replace('ring', expected(revision), bytes(3))).toBeUndefined();
    expect(await store.load('ring')).toEqual({ revision, value: bytes(2) });
  });

  it('writes nothing for a first value that expects an older one', async () => {
    expect(await store.replace('ring', 1, bytes(1))).toBeUndefined();
    expect(await store.load('ring')).toBeUndefined();
  });

  it('lets one of many win who replace the same revision', async () => {
    const first = await store.replace('ring', undefined, bytes(0));
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, at) => store.replace('ring', first, bytes(at))),
    );
    expect(won.filter((revision) => revision !== undefined)).toHaveLength(1);
  });

  it('keeps values of different names apart', async () => {
    await store.replace('one', undefined, bytes(1));
    expect(await store.load('One')).toBeUndefined();
    expect(await store.replace('one ', undefined, bytes(2))).toBeDefined();
    expect((await store.load('one'))?.value).toEqual(bytes(1));
  });

  it('lists the records of a kind by their ids, each as it was put last', async () => {
    await store.put('rule', { id: 'b', value: '1', neededUntil: 10 });
    await store.put('rule', { id: 'a', value: '2', neededUntil: 20 });
    await store.put('rule', { id: 'b', value: '3', neededUntil: 5 });
    await store.put('other', { id: 'a', value: '4', neededUntil: 10 });
    expect(await store.records('rule')).toEqual([
      { id: 'a', value: '2', neededUntil: 20 },
      { id: 'b', value: '3', neededUntil: 5 },
    ]);
  });

  it('orders ids by their bytes', async () => {
    const ids = ['', 'A', 'a', '\uffff', '\u{10000}'];
    for (const id of [...ids].reverse()) await store.put('rule', { id, value: '', neededUntil: 1 });
    expect((await store.records('rule')).map(({ id }) => id)).toEqual(ids);
  });

  it.each(['', "'; DROP TABLE records; --", 'ü\u{1f511}', 'a\nb', '%', 'x'.repeat(5000)])(
    'takes any text for an id and a value (%#)',
    async (text) => {
      await store.put('rule', { id: text, value: text, neededUntil: 1 });
      expect(await store.records('rule')).toEqual([{ id: text, value: text, neededUntil: 1 }]);
    },
  );

  it('forgets the records of a kind that are needed no more, and no others', async () => {
    await store.put('rule', { id: 'past', value: '', neededUntil: 9 });
    await store.put('rule', { id: 'now', value: '', neededUntil: 10 });
    await store.put('rule', { id: 'later', value: '', neededUntil: 11 });
    await store.put('other', { id: 'past', value: '', neededUntil: 9 });
    await store.forget('rule', 10);
    expect((await store.records('rule')).map(({ id }) => id)).toEqual(['later', 'now']);
    expect(await store.records('other')).toHaveLength(1);
  });

  it('may be closed twice', async () => {
    await store.close();
    await store.close();
  });
});

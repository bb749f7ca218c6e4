import { MemoryKeyStore, SigningKeys, type StoredRing } from '../../../src/keys/index.js';
import { begin } from '../../../src/keys/ring.js';
import { DEFAULTS, SeededRandom, START, startKeys, TestClock } from './fixtures.js';

const snapshot = { ring: begin('k0', 'k1', START), privateKeys: new Map() };

describe('the memory store', () => {
  it('is empty at first', async () => {
    expect(await new MemoryKeyStore().load()).toBeUndefined();
  });

  it('gives back what was stored last, with its revision', async () => {
    const store = new MemoryKeyStore();
    const revision = await store.replace(undefined, snapshot);
    expect(await store.load()).toEqual({ ...snapshot, revision });
  });

  it.each<[string, (revision: number) => number | undefined]>([
    ['none', () => undefined],
    ['an older one', (revision) => revision - 1],
    ['a later one', (revision) => revision + 1],
  ])('writes nothing when another revision was expected: %s', async (_name, expected) => {
    const store = new MemoryKeyStore();
    const first = await store.replace(undefined, snapshot);
    const revision = await store.replace(first, snapshot);
    const before = await store.load();
    expect(
      await store.replace(expected(revision!), { ...snapshot, ring: begin('x', 'y', START) }),
    ).toBeUndefined();
    expect(await store.load()).toBe(before);
  });

  it('writes nothing for a first ring that expects an older one', async () => {
    const store = new MemoryKeyStore();
    expect(await store.replace(1, snapshot)).toBeUndefined();
    expect(await store.load()).toBeUndefined();
  });
});

describe('keys that start again from the store', () => {
  it('are the same ones', async () => {
    const { keys, store } = await startKeys();
    const again = await startKeys(DEFAULTS, store, 'other');
    expect(again.keys.jwks()).toEqual(keys.jwks());
  });

  it('keep the key of tokens that were signed after the last write', async () => {
    const { keys, store } = await startKeys();
    const { kid } = await keys.reserve(START + 900);
    const again = await startKeys(DEFAULTS, store, 'other');
    await again.keys.rotate('operator');
    again.clock.advance(900);
    expect(again.keys.verificationKey(kid)).toBeDefined();
  });

  it('do not start twice', async () => {
    const { keys } = await startKeys();
    const before = keys.jwks();
    await keys.start();
    expect(keys.jwks()).toEqual(before);
  });

  it('start as one ring when two processes start at once', async () => {
    const store = new MemoryKeyStore();
    const [one, two] = await Promise.all([
      startKeys(DEFAULTS, store, 'one'),
      startKeys(DEFAULTS, store, 'two'),
    ]);
    expect(one.keys.jwks()).toEqual(two.keys.jwks());
  });

  it.each<[string, (stored: StoredRing) => StoredRing, string]>([
    [
      'lacks a private key',
      (stored) => ({ ...stored, privateKeys: new Map([...stored.privateKeys].slice(1)) }),
      'no private key',
    ],
    [
      'has two private keys swapped',
      (stored) => {
        const [[a, keyA], [b, keyB]] = [...stored.privateKeys] as [[string, never], [string, never]];
        return {
          ...stored,
          privateKeys: new Map([
            [a, keyB],
            [b, keyA],
          ]),
        };
      },
      'another private key',
    ],
  ])('refuse a store that %s', async (_name, damage, text) => {
    const { store } = await startKeys();
    const stored = (await store.load())!;
    const damaged = {
      load: () => Promise.resolve(damage(stored)),
      replace: () => Promise.resolve(undefined),
    };
    const keys = new SigningKeys(DEFAULTS, new TestClock(), new SeededRandom(), damaged);
    await expect(keys.start()).rejects.toThrow(text);
    expect(() => keys.jwks()).toThrow('not ready');
  });
});

describe('two processes on one store', () => {
  async function startTwo() {
    const one = await startKeys(DEFAULTS, new MemoryKeyStore(), 'one');
    const two = await startKeys(DEFAULTS, one.store, 'two');
    return { one, two };
  }

  it('rotate once when both find it due', async () => {
    const { one, two } = await startTwo();
    for (const { clock } of [one, two]) clock.advance(900);
    await Promise.all([one.keys.maintain(), two.keys.maintain()]);
    expect(one.keys.jwks()).toEqual(two.keys.jwks());
    expect(one.keys.status().keys.filter(({ state }) => state === 'active')).toHaveLength(1);
  });

  it('rotate twice when two operators ask, each on top of the other', async () => {
    const { one, two } = await startTwo();
    const first = await one.keys.rotate('operator');
    const second = await two.keys.rotate('operator');
    expect(second.kid).not.toBe(first.kid);
    expect(two.keys.verificationKey(first.kid)).toBeDefined();
  });

  it('give up rather than try for ever', async () => {
    const { keys, store } = await startKeys();
    const stored = await store.load();
    Object.assign(store, { load: () => Promise.resolve(stored), replace: () => Promise.resolve(undefined) });
    await expect(keys.rotate('operator')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

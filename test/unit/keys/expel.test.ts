import { begin, expel, rotate, type Ring } from '../../../src/keys/ring.js';
import { DEFAULTS, START, startKeys } from './fixtures.js';

const kids = ({ keys }: Ring) => keys.map(({ kid, state }) => `${kid} ${state}`);

describe('a key that leaves the ring before its time', () => {
  const ring: Ring = {
    keys: [
      { kid: 'a', state: 'active', createdAt: START, activatedAt: START, lastExp: START + 900 },
      { kid: 'n', state: 'next', createdAt: START },
      { kid: 'r', state: 'verify-only', createdAt: START, lastExp: START + 900 },
    ],
  };

  it.each<[string, string[]]>([
    ['a', ['n active', 'f next', 'r verify-only']],
    ['n', ['a active', 'f next', 'r verify-only']],
    ['r', ['a active', 'n next']],
  ])('%s leaves a ring that can sign and rotate', (kid, left) => {
    const after = expel(ring, kid, START + 5, 'f');
    expect(kids(after)).toEqual(left);
    expect(kids(rotate(after, START + 6, 'g', DEFAULTS)).slice(0, 2)).toEqual([
      `${after.keys[1].kid} active`,
      'g next',
    ]);
  });

  it('lets the next key begin its life now', () => {
    const [active, next] = expel(ring, 'a', START + 5, 'f').keys;
    expect(active).toEqual({ kid: 'n', state: 'active', createdAt: START, activatedAt: START + 5 });
    expect(next).toEqual({ kid: 'f', state: 'next', createdAt: START + 5 });
  });

  it('changes nothing when it is no key of the ring', () => {
    expect(expel(ring, 'x', START, 'f')).toBe(ring);
    const two = begin('a', 'n', START);
    expect(expel(two, 'f', START, 'f')).toBe(two);
  });

  it('is in no JWKS and verifies nothing from then on, here and in the store', async () => {
    const { keys, store } = await startKeys();
    const { kid } = await keys.reserve(START + 900);
    const before = keys.jwks().body;
    await keys.expel(kid);
    expect(before).toContain(kid);
    expect(keys.jwks().body).not.toContain(kid);
    expect(keys.verificationKey(kid)).toBeUndefined();
    expect((await keys.reserve(START + 900)).kid).not.toBe(kid);
    const again = await startKeys(DEFAULTS, store, 'other');
    expect(again.keys.verificationKey(kid)).toBeUndefined();
    expect((await store.load())!.privateKeys.has(kid)).toBe(false);
  });

  it('leaves on top of what another process has changed', async () => {
    const one = await startKeys();
    const two = await startKeys(DEFAULTS, one.store, 'two');
    const { kid } = await one.keys.reserve(START + 900);
    await two.keys.rotate('operator');
    await one.keys.expel(kid);
    expect(one.keys.verificationKey(kid)).toBeUndefined();
  });

  it('is not fought over for ever', async () => {
    const { keys, store } = await startKeys();
    const { kid } = await keys.reserve(START + 900);
    const stored = await store.load();
    Object.assign(store, { load: () => Promise.resolve(stored), replace: () => Promise.resolve(undefined) });
    await expect(keys.expel(kid)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

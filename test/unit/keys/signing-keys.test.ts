import { verify } from 'node:crypto';
import { inspect } from 'node:util';
import { MemoryKeyStore, SigningKeys } from '../../../src/keys/index.js';
import { DEFAULTS, keyTimes, SeededRandom, SlowStore, START, startKeys, TestClock } from './fixtures.js';

const MESSAGE = Buffer.from('header.payload');
const states = (keys: SigningKeys) => keys.status().keys.map(({ state }) => state);
const published = (keys: SigningKeys) =>
  (JSON.parse(keys.jwks().body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
const activeKid = (keys: SigningKeys) => keys.status().keys[0]?.kid;

describe('before the start', () => {
  const idle = new SigningKeys(DEFAULTS, new TestClock(), new SeededRandom(), new MemoryKeyStore());

  it.each<[string, () => unknown]>([
    ['signing', () => idle.reserve(START + 60)],
    ['rotating', () => idle.rotate('operator')],
    ['maintaining', () => idle.maintain()],
    ['the JWKS', () => idle.jwks()],
    ['looking up a key', () => idle.verificationKey('k')],
    ['the status', () => idle.status()],
  ])('%s is unavailable', async (_name, use) => {
    await expect(Promise.resolve().then(use)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('signing', () => {
  it('is done by the active key, and the published key verifies it', async () => {
    const { keys } = await startKeys();
    const signer = await keys.reserve(START + 60);
    expect(signer.kid).toBe(activeKid(keys));
    const signature = signer.sign(MESSAGE);
    expect(verify(null, MESSAGE, keys.verificationKey(signer.kid)!, signature)).toBe(true);
  });

  it.each([
    ['before the end of its key', 1799, 1799],
    ['at the end of its key', 1800, 1800],
    ['a second after the end of its key', 1801, 1800],
    ['never', Infinity, 1800],
  ])('of a token that shall expire %s: %s s -> %s s', async (_name, ttl, end) => {
    const { keys } = await startKeys();
    expect((await keys.reserve(START + ttl)).exp).toBe(START + end);
  });

  it('is unavailable to a token that expires at no time at all', async () => {
    const { keys } = await startKeys();
    await expect(keys.reserve(NaN)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('rotates first when that is due, though no timer has fired', async () => {
    const { keys, clock } = await startKeys();
    const before = published(keys);
    clock.advance(900);
    const signer = await keys.reserve(START + 1800);
    expect(signer.kid).toBe(before[1]);
    expect(signer.kid).not.toBe(before[0]);
  });

  it('gives the longest token to the last second of a turn', async () => {
    const { keys, clock } = await startKeys();
    const [first] = published(keys);
    clock.advance(899);
    expect((await keys.reserve(START + 899 + 900)).kid).toBe(first);
  });

  it('goes on with the old key while rotations fail, but never beyond its life', async () => {
    const store = new SlowStore();
    const { keys, clock } = await startKeys(DEFAULTS, store);
    const [first] = published(keys);
    store.failure = new Error('disk full');
    clock.advance(1000);
    expect(await keys.reserve(START + 1800)).toMatchObject({ kid: first, exp: START + 1800 });
    expect(await keys.reserve(START + 1801)).toMatchObject({ kid: first, exp: START + 1800 });
    clock.advance(800);
    await expect(keys.reserve(START + 1801)).rejects.toMatchObject({
      code: 'unavailable',
      cause: store.failure,
    });
    store.failure = undefined;
    expect((await keys.reserve(START + 1900)).kid).not.toBe(first);
  });

  it('waits for a rotation under way, and then uses the new key', async () => {
    const store = new SlowStore();
    const { keys } = await startKeys(DEFAULTS, store);
    const release = store.hold();
    const rotation = keys.rotate('operator');
    const reservation = keys.reserve(START + 60);
    release();
    expect((await reservation).kid).toBe((await rotation).kid);
  });
});

describe('a rotation', () => {
  it('answers the key that signs from now on, and when the last of its tokens will be dead', async () => {
    const { keys, clock } = await startKeys();
    const [, next] = published(keys);
    clock.advance(100);
    expect(await keys.rotate('operator')).toEqual({ kid: next, expires_at: START + 100 + 1800 });
    expect(activeKid(keys)).toBe(next);
  });

  it('publishes a key before it may sign, and stores it before it is published', async () => {
    const store = new SlowStore();
    const { keys } = await startKeys(DEFAULTS, store);
    const before = published(keys);
    const release = store.hold();
    const rotation = keys.rotate('operator');
    expect(published(keys)).toEqual(before);
    release();
    await rotation;
    expect(published(keys)).toHaveLength(2);
    expect(published(keys)[0]).toBe(before[1]);
  });

  it('by the schedule leaves a key that has its turn', async () => {
    const { keys, clock } = await startKeys();
    const before = published(keys);
    clock.advance(899);
    expect(await keys.rotate('schedule')).toEqual({ kid: before[0], expires_at: START + 1800 });
    expect(published(keys)).toEqual(before);
  });

  it('happens once, however many ask at the same time', async () => {
    const store = new SlowStore();
    const { keys, clock } = await startKeys(DEFAULTS, store);
    const [, next] = published(keys);
    clock.advance(900);
    const asked = store.replacements;
    const signers = await Promise.all([
      keys.rotate('schedule'),
      keys.maintain(),
      ...Array.from({ length: 50 }, () => keys.reserve(START + 960)),
    ]);
    expect(store.replacements).toBe(asked + 1);
    expect(new Set(signers.map((signer) => signer?.kid))).toEqual(new Set([next, undefined]));
  });

  it('changes nothing when it cannot be stored', async () => {
    const store = new SlowStore();
    const { keys } = await startKeys(DEFAULTS, store);
    const before = keys.jwks();
    store.failure = new Error('disk full');
    await expect(keys.rotate('operator')).rejects.toBe(store.failure);
    expect(keys.jwks()).toEqual(before);
    store.failure = undefined;
    await expect(keys.rotate('operator')).resolves.toHaveProperty('kid');
  });

  it('is refused to operators beyond the bound, with the time to wait, and never to the schedule', async () => {
    const { keys, clock } = await startKeys();
    for (let count = 0; count < 3; count++) {
      await keys.reserve(START + 300);
      await keys.rotate('operator');
    }
    await keys.reserve(START + 300);
    const refusal = {
      code: 'rate_limited',
      retryAfterSeconds: 360,
      detail: expect.stringContaining('360 s') as string,
    };
    await expect(keys.rotate('operator')).rejects.toMatchObject(refusal);
    expect(states(keys)).toHaveLength(5);
    clock.advance(360);
    await expect(keys.rotate('operator')).resolves.toHaveProperty('kid');
    clock.advance(900);
    await expect(keys.rotate('schedule')).resolves.toHaveProperty('kid');
  });

  it('by an operator is a scheduled one when that is due, and not refused', async () => {
    const { keys, clock } = await startKeys({ ...DEFAULTS, maxActiveKeys: 4 });
    await keys.reserve(START + 900);
    await keys.rotate('operator');
    await keys.reserve(START + 900);
    await expect(keys.rotate('operator')).rejects.toMatchObject({ code: 'rate_limited' });
    clock.advance(900);
    await expect(keys.rotate('operator')).resolves.toHaveProperty('kid');
    expect(states(keys)).toHaveLength(4);
  });
});

describe('maintenance', () => {
  it('removes a key once its last token has been dead for the skew, and stores that', async () => {
    const { keys, clock, store } = await startKeys();
    await keys.reserve(START + 300);
    const { kid } = await keys.rotate('operator');
    clock.advance(359);
    await keys.maintain();
    expect(states(keys)).toEqual(['active', 'next', 'verify-only']);
    clock.advance(1);
    await keys.maintain();
    expect(states(keys)).toEqual(['active', 'next']);
    expect((await store.load())?.privateKeys.size).toBe(2);
    expect(activeKid(keys)).toBe(kid);
  });

  it('writes nothing when there is nothing to do', async () => {
    const store = new SlowStore();
    const { keys } = await startKeys(DEFAULTS, store);
    await keys.maintain();
    expect(store.replacements).toBe(1);
  });

  it('after a sleep of a month rotates once', async () => {
    const { keys, clock } = await startKeys();
    const [, next] = published(keys);
    clock.advance(30 * 24 * 3600);
    await keys.maintain();
    await keys.maintain();
    expect(activeKid(keys)).toBe(next);
  });

  it('with the clock an hour back removes nothing, rotates nothing and still signs', async () => {
    const { keys, clock } = await startKeys();
    await keys.reserve(START + 300);
    await keys.rotate('operator');
    const before = published(keys);
    clock.advance(-3600);
    for (let tick = 0; tick < 10; tick++) await keys.maintain();
    expect(published(keys)).toEqual(before);
    expect((await keys.reserve(START - 3600 + 900)).kid).toBe(before[0]);
    clock.advance(3600 + 899);
    await keys.maintain();
    expect(activeKid(keys)).toBe(before[0]);
    clock.advance(1);
    await keys.maintain();
    expect(activeKid(keys)).toBe(before[1]);
  });
});

describe('the JWKS', () => {
  it('has exactly the members of the wire in their order, the active key first, and no private part', async () => {
    const { keys } = await startKeys();
    const { body } = keys.jwks();
    const [active] = (JSON.parse(body) as { keys: { kid: string; x: string }[] }).keys;
    expect(
      body.startsWith(
        `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"${activeKid(keys)}","x":"${active?.x}","alg":"EdDSA","use":"sig"},{`,
      ),
    ).toBe(true);
    expect(body).not.toContain('"d"');
  });

  it('is the same, byte for byte, while tokens are signed, and another after a rotation', async () => {
    const { keys } = await startKeys();
    const before = keys.jwks();
    await keys.reserve(START + 300);
    await keys.maintain();
    expect(keys.jwks()).toEqual(before);
    await keys.rotate('operator');
    expect(keys.jwks().body).not.toBe(before.body);
    expect(keys.jwks().etag).not.toBe(before.etag);
  });

  it('carries a strong ETag', async () => {
    const { keys } = await startKeys();
    expect(keys.jwks().etag).toMatch(/^"[A-Za-z0-9_-]{43}"$/);
  });

  it.each([
    [1800, 900, 300],
    [1200, 600, 300],
    [1198, 599, 299],
    [4, 2, 1],
    [2, 1, 0],
  ])('with a key life of %s s and turns of %s s may be kept for %s s', async (ttl, rotation, maxAge) => {
    const { keys } = await startKeys(keyTimes(ttl, rotation, 5));
    expect(keys.jwks().maxAgeSeconds).toBe(maxAge);
  });

  it.each([
    [1800, 900],
    [60, 30],
    [4, 2],
  ])('shows each scheduled key for two cache times before it signs (%s s, %s s)', async (ttl, rotation) => {
    const { keys, clock } = await startKeys(keyTimes(ttl, rotation, 5));
    const shownSince = new Map(published(keys).map((kid) => [kid, START - 1_000_000]));
    for (let second = 0; second < 10 * rotation; second++) {
      clock.advance(1);
      const { kid } = await keys.reserve(clock.seconds + 1);
      for (const shown of published(keys)) if (!shownSince.has(shown)) shownSince.set(shown, clock.seconds);
      expect(clock.seconds - shownSince.get(kid)!).toBeGreaterThanOrEqual(2 * keys.jwks().maxAgeSeconds);
    }
  });
});

describe('looking up a key', () => {
  it('finds every published key and no other', async () => {
    const { keys } = await startKeys();
    await keys.reserve(START + 300);
    await keys.rotate('operator');
    expect(published(keys).map((kid) => keys.verificationKey(kid)?.type)).toEqual([
      'public',
      'public',
      'public',
    ]);
    expect(['', 'constructor', '__proto__', 'k'.repeat(43)].map((kid) => keys.verificationKey(kid))).toEqual(
      Array.from({ length: 4 }),
    );
  });
});

it('printing the keys shows no secret', async () => {
  const { keys } = await startKeys();
  const signer = await keys.reserve(START + 60);
  const shown = [keys, signer, keys.status()]
    .map((value) => inspect(value, { depth: 20, showHidden: true }))
    .join();
  expect(shown).not.toMatch(/PrivateKey|privateKey|seed|pkcs8/);
});

it('the same randomness and clock give the same keys', async () => {
  const [one, two, other] = await Promise.all([
    startKeys(),
    startKeys(),
    startKeys(DEFAULTS, new MemoryKeyStore(), 'other'),
  ]);
  expect(one.keys.jwks()).toEqual(two.keys.jwks());
  expect(one.keys.jwks()).not.toEqual(other.keys.jwks());
});

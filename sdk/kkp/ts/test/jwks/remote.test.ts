import { KeySetError, KkpApiError, KkpConnectionError, KkpTimeoutError } from '../../src/errors.js';
import { createRemoteJwks, verifyToken } from '../../src/index.js';
import type { RemoteJwksOptions } from '../../src/index.js';
import { caught } from '../support/caught.js';
import { NOW_MS, makeKey } from '../support/tokens.js';

const URL = 'https://kkp.example/keys/jwks';
const MINUTE = 60_000;

const first = makeKey('first');
const second = makeKey('second');

/** A remote key set behind a fake fetch and a clock that the test moves. */
function setUp(options: RemoteJwksOptions = {}) {
  const world = {
    now: NOW_MS,
    published: [first.jwk] as object[],
    cacheControl: 'public, max-age=300' as string | undefined,
    failure: undefined as Error | undefined,
    requests: [] as { url: string; init: RequestInit }[],
  };
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    world.requests.push({ url, init });
    await Promise.resolve();
    if (world.failure) throw world.failure;
    const headers = world.cacheControl === undefined ? {} : { 'cache-control': world.cacheControl };
    return Response.json({ keys: world.published }, { headers });
  };
  const keys = createRemoteJwks(URL, { fetch, now: () => world.now, ...options });
  const verify = (key = first) => verifyToken(key.sign(), keys, { now: () => NOW_MS });
  return Object.assign(world, { keys, verify });
}

describe('the first set', () => {
  it('is fetched when it is first needed', async () => {
    const world = setUp();
    expect(world.requests).toEqual([]);
    await world.verify();
    expect(world.requests).toMatchObject([{ url: URL, init: { cache: 'no-cache', redirect: 'manual' } }]);
  });

  it('is fetched once for many verifications at the same time', async () => {
    const world = setUp();
    await Promise.all(Array.from({ length: 50 }, () => world.verify()));
    expect(world.requests).toHaveLength(1);
  });

  it('is not fetched for a token that is not well-formed', async () => {
    const world = setUp();
    expect(await caught(verifyToken('a.b', world.keys))).toMatchObject({ reason: 'malformed' });
    expect(world.requests).toEqual([]);
  });

  it('that cannot be fetched gives the failure, and no more than one try a second', async () => {
    const world = setUp();
    world.failure = new TypeError('refused');
    const errors = await Promise.all([1, 2, 3].map(() => caught(world.verify())));
    expect(errors.every((error) => error instanceof KkpConnectionError)).toBe(true);
    world.now += 999;
    expect(await caught(world.verify())).toBeInstanceOf(KkpConnectionError);
    expect(world.requests).toHaveLength(1);
    world.now += 1;
    world.failure = undefined;
    await world.verify();
    expect(world.requests).toHaveLength(2);
  });

  it.each([
    ['a faulty key', { ...second.jwk, x: 'AAAA' }],
    ['a private key', { ...second.jwk, d: 'AAAA' }],
    ['no object', 'second'],
  ])('with %s is refused whole', async (_, faulty) => {
    const world = setUp();
    world.published = [first.jwk, faulty as object];
    expect(await caught(world.verify())).toBeInstanceOf(KeySetError);
  });

  it('answered with an error gives a KkpApiError', async () => {
    const fetch = () => Promise.resolve(new Response('', { status: 503 }));
    const error = await caught(setUp({ fetch }).verify());
    expect(error).toBeInstanceOf(KkpApiError);
    expect(error).toMatchObject({ status: 503 });
  });

  it('that does not come within the timeout gives a KkpTimeoutError', async () => {
    const fetch = (_: string, { signal }: RequestInit) =>
      new Promise<Response>((_, reject) =>
        signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      );
    expect(await caught(setUp({ fetch, timeoutMs: 20 }).verify())).toBeInstanceOf(KkpTimeoutError);
  });

  it('over 256 KiB is refused', async () => {
    const body = JSON.stringify({ keys: [first.jwk], pad: 'p'.repeat(256 * 1024) });
    const fetch = () =>
      Promise.resolve(new Response(body, { headers: { 'content-type': 'application/json' } }));
    expect(await caught(setUp({ fetch }).verify())).toMatchObject({ code: 'bad_response' });
  });
});

describe('age', () => {
  it.each([
    ['its max-age', 'public, max-age=120', 2 * MINUTE],
    ['300 s without a max-age', 'public', 5 * MINUTE],
    ['300 s without Cache-Control', undefined, 5 * MINUTE],
    ['600 s at most', 'max-age=86400', 10 * MINUTE],
    ['the cool-down at least', 'max-age=1', 30_000],
    ['the cool-down with no-store', 'no-store, max-age=600', 30_000],
  ])('is %s', async (_, cacheControl, ageMs) => {
    const world = setUp();
    world.cacheControl = cacheControl;
    await world.verify();
    world.now += ageMs - 1;
    await world.verify();
    expect(world.requests).toHaveLength(1);
    world.now += 1;
    await world.verify();
    expect(world.requests).toHaveLength(2);
  });

  it('is cacheMaxAgeMs at most', async () => {
    const world = setUp({ cacheMaxAgeMs: MINUTE });
    await world.verify();
    world.now += MINUTE;
    await world.verify();
    expect(world.requests).toHaveLength(2);
  });

  it('over: a withdrawn key is refused', async () => {
    const world = setUp();
    await world.verify();
    world.published = [second.jwk];
    world.now += 5 * MINUTE;
    expect(await caught(world.verify())).toMatchObject({ reason: 'unknown_key' });
    await world.verify(second);
    expect(world.requests).toHaveLength(2);
  });

  it('of a set from the future is over', async () => {
    const world = setUp();
    await world.verify();
    world.now -= 60 * MINUTE;
    await world.verify();
    expect(world.requests).toHaveLength(2);
  });
});

describe('an unknown kid', () => {
  it('fetches again once the cool-down is over', async () => {
    const world = setUp();
    await world.verify();
    world.published = [first.jwk, second.jwk];
    world.now += 29_999;
    expect(await caught(world.verify(second))).toMatchObject({ reason: 'unknown_key' });
    expect(world.requests).toHaveLength(1);
    world.now += 1;
    await world.verify(second);
    expect(world.requests).toHaveLength(2);
  });

  it('does not fetch twice when it brought the first set', async () => {
    const world = setUp();
    expect(await caught(world.verify(second))).toMatchObject({ reason: 'unknown_key' });
    expect(world.requests).toHaveLength(1);
  });

  it('costs at most one fetch in a cool-down, 100000 kids or not', async () => {
    const world = setUp();
    await world.verify();
    world.now += 30_000;
    for (let batch = 0; batch < 100; batch += 1) {
      const kids = Array.from({ length: 1000 }, (_, index) => `random-${batch}-${index}`);
      const found = await Promise.all(kids.map((kid) => world.keys.find(kid)));
      expect(found.every((key) => key === undefined)).toBe(true);
      world.now += 299;
    }
    expect(world.requests).toHaveLength(2);
  });

  it('costs at most one fetch in a cool-down when fetching fails', async () => {
    const world = setUp();
    await world.verify();
    world.failure = new TypeError('refused');
    world.now += 30_000;
    for (let count = 0; count < 100; count += 1) {
      expect(await caught(world.verify(second))).toMatchObject({ reason: 'unknown_key' });
    }
    expect(world.requests).toHaveLength(2);
  });

  it('evicts nothing', async () => {
    const world = setUp();
    await world.verify();
    world.now += 30_000;
    world.failure = new TypeError('refused');
    await caught(world.verify(second));
    await world.verify(first);
    expect(world.requests).toHaveLength(2);
  });

  it('shares the fetch that is running', async () => {
    const world = setUp();
    await world.verify();
    world.published = [first.jwk, second.jwk];
    world.now += 30_000;
    await Promise.all(Array.from({ length: 50 }, () => world.verify(second)));
    expect(world.requests).toHaveLength(2);
  });
});

describe('when fetching fails', () => {
  const failures: [string, (world: ReturnType<typeof setUp>) => void][] = [
    ['the connection', (world) => (world.failure = new TypeError('refused'))],
    ['a faulty key in the new set', (world) => (world.published = [first.jwk, { ...second.jwk, x: '' }])],
  ];

  it.each(failures)('(%s) the old set is used up to the stale limit', async (_, fail) => {
    const world = setUp();
    await world.verify();
    fail(world);
    world.now += 30 * MINUTE - 1;
    await world.verify();
    world.now += 1;
    expect(await caught(world.verify())).toMatchObject({
      code: expect.stringMatching(/connection_failed|bad_key/),
    });
  });

  it('the stale limit is an option', async () => {
    const world = setUp({ staleLimitMs: 6 * MINUTE });
    await world.verify();
    world.failure = new TypeError('refused');
    world.now += 6 * MINUTE - 1;
    await world.verify();
    world.now += 1;
    expect(await caught(world.verify())).toBeInstanceOf(KkpConnectionError);
  });

  it('tries again after each cool-down, and takes the new set', async () => {
    const world = setUp();
    await world.verify();
    world.failure = new TypeError('refused');
    world.now += 5 * MINUTE;
    await world.verify();
    await world.verify();
    expect(world.requests).toHaveLength(2);
    world.now += 30_000;
    world.failure = undefined;
    world.published = [second.jwk];
    await world.verify(second);
    expect(await caught(world.verify(first))).toMatchObject({ reason: 'unknown_key' });
    expect(world.requests).toHaveLength(3);
  });

  it('an earlier failure does not spoil a set that came after it', async () => {
    const world = setUp({ staleLimitMs: 0 });
    world.failure = new TypeError('refused');
    await caught(world.verify());
    world.failure = undefined;
    world.now += 1000;
    await world.verify();
    await world.verify();
    expect(world.requests).toHaveLength(2);
  });

  it('a set older than the clock set back is not used', async () => {
    const world = setUp();
    await world.verify();
    world.failure = new TypeError('refused');
    world.now -= 1;
    expect(await caught(world.verify())).toBeInstanceOf(KkpConnectionError);
  });

  it('with no time at all between tries, a fetched set is still used', async () => {
    const world = setUp({ cooldownMs: 0, cacheMaxAgeMs: 0, staleLimitMs: 0 });
    await world.verify();
    await world.verify();
    expect(world.requests).toHaveLength(2);
  });
});

describe('options', () => {
  it.each(['cacheMaxAgeMs', 'cooldownMs', 'staleLimitMs', 'timeoutMs'])('refuses a bad %s', (name) => {
    for (const value of [-1, 1.5, NaN, Infinity]) {
      expect(() => createRemoteJwks(URL, { [name]: value })).toThrow(RangeError);
    }
  });

  it.each(['', 'keys/jwks', 'file:///etc/jwks', 'https://user:pass@kkp.example/', 'https://kkp.example/?a'])(
    'refuses the url %j',
    (url) => expect(() => createRemoteJwks(url)).toThrow(TypeError),
  );
});

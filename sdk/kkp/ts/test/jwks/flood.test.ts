import { createRemoteJwks, KkpConnectionError, verifyToken } from '../../src/index.js';
import { caught } from '../support/caught.js';
import { makeKey, NOW_MS } from '../support/tokens.js';

const COOL_DOWN_MS = 30_000;
const STALE_LIMIT_MS = 1_800_000;

const key = makeKey('good');

/** The published keys of a server that counts how often it is asked, and may be down. */
function setUp() {
  const world = { now: NOW_MS, asked: [] as number[], isDown: false };
  const fetch = (): Promise<Response> => {
    world.asked.push(world.now);
    if (world.isDown) return Promise.reject(new TypeError('refused'));
    return Promise.resolve(
      Response.json({ keys: [key.jwk] }, { headers: { 'cache-control': 'max-age=300' } }),
    );
  };
  const keys = createRemoteJwks('https://kkp.example/keys/jwks', { fetch, now: () => world.now });
  /** Good by a clock of its own: what is looked at is the key. */
  const verify = () => verifyToken(key.sign(), keys, { now: () => NOW_MS });
  /** `batches` of 1,000 made-up kids, a good token after each, with `stepMs` between them. */
  const flood = async (batches: number, stepMs: number) => {
    let found = 0;
    for (let batch = 0; batch < batches; batch += 1) {
      const kids = Array.from({ length: 1000 }, (_, index) => `made-up-${batch}-${index}`);
      const answers = await Promise.all(kids.map((kid) => keys.find(kid)));
      found += answers.filter(Boolean).length;
      await verify();
      world.now += stepMs;
    }
    return found;
  };
  return Object.assign(world, { verify, flood });
}

const shortestGap = (times: readonly number[]): number =>
  Math.min(...times.slice(1).map((at, index) => at - times[index]!));

it('a flood of 100000 made-up kids costs one fetch in a cool-down, and every good token is accepted', async () => {
  const world = setUp();
  expect(await world.flood(100, 3000)).toBe(0);
  expect(world.asked).toHaveLength(10);
  expect(shortestGap(world.asked)).toBeGreaterThanOrEqual(COOL_DOWN_MS);
});

it('a flood while the server is down costs no more, and good tokens are accepted to the stale limit', async () => {
  const world = setUp();
  await world.verify();
  world.isDown = true;
  expect(await world.flood(10, STALE_LIMIT_MS / 10 - 1)).toBe(0);
  world.now += 9;
  await world.verify();
  world.now += 1;
  expect(await caught(world.verify())).toBeInstanceOf(KkpConnectionError);
  expect(shortestGap(world.asked)).toBeGreaterThanOrEqual(COOL_DOWN_MS);
});

import { KeySet } from '../../../src/callers/jwt/key-set.js';
import { jwksOf } from '../../../src/callers/jwt/usable-keys.js';
import { makeKey, TestClock } from '../../support/issuer.js';

const LIMITS = { maxAgeMs: 600_000, maxStaleMs: 3_600_000, coolDownMs: 30_000, retryMs: 5_000 };
const GOOD = { alg: 'ES256', kid: 'good' };
const FLOOD = 100_000;

const jwks = jwksOf({ keys: [makeKey('ES256', 'good').jwk] }, 'sig');

/** The keys of an issuer that counts how often it is asked, and may be down. */
function keySet() {
  const clock = new TestClock();
  const issuer = { asked: [] as number[], isDown: false };
  const load = () => {
    issuer.asked.push(clock.ms);
    return issuer.isDown ? Promise.reject(new Error('down')) : Promise.resolve({ jwks });
  };
  return { keys: new KeySet(load, LIMITS, clock, () => undefined), clock, issuer };
}

/**
 * Asks for `count` made-up keys in batches, and for the good one after each of them. `seconds` pass from batch to batch.
 * How often each was found.
 */
async function flood(keys: KeySet, clock: TestClock, { count, seconds }: { count: number; seconds: number }) {
  const found = { good: 0, madeUp: 0 };
  const batches = count / 1_000;
  for (let batch = 0; batch < batches; batch += 1) {
    const names = Array.from({ length: 1_000 }, (_none, index) => `made-up-${batch}-${index}`);
    const answers = await Promise.all(names.map((kid) => keys.keyFor({ alg: 'ES256', kid })));
    found.madeUp += answers.filter(Boolean).length;
    if (await keys.keyFor(GOOD)) found.good += 1;
    clock.advance(seconds);
  }
  return { ...found, batches };
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((at, index) => at - times[index]!);

describe('a flood of 100,000 keys that nobody has', () => {
  it('costs one question to the issuer in 30 s, and no good credential', async () => {
    const { keys, clock, issuer } = keySet();
    const { good, madeUp, batches } = await flood(keys, clock, { count: FLOOD, seconds: 3 });
    expect([good, madeUp]).toEqual([batches, 0]);
    expect(Math.min(...gaps(issuer.asked))).toBeGreaterThanOrEqual(LIMITS.coolDownMs);
    expect(issuer.asked).toHaveLength((batches * 3) / 30);
  });
});

describe('a flood while the issuer is down', () => {
  it('costs one question in 5 s; good credentials are good for an hour, and then cannot be judged', async () => {
    const { keys, clock, issuer } = keySet();
    expect(await keys.keyFor(GOOD)).toBeDefined();
    issuer.isDown = true;
    const { good, madeUp, batches } = await flood(keys, clock, { count: 10_000, seconds: 359 });
    clock.advance(9);
    expect([good, madeUp]).toEqual([batches, 0]);
    expect(await keys.keyFor(GOOD)).toBeDefined();
    clock.advance(1);
    await expect(keys.keyFor(GOOD)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 5 });
    await expect(keys.keyFor({ alg: 'ES256', kid: 'x' })).rejects.toMatchObject({ code: 'unavailable' });
    expect(Math.min(...gaps(issuer.asked))).toBeGreaterThanOrEqual(LIMITS.retryMs);
  });
});

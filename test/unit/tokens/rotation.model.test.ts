import fc from 'fast-check';
import { KkpError } from '../../../src/errors.js';
import {
  checkKeyTimes,
  MemoryKeyStore,
  SigningKeys,
  withKeyDefaults,
  type SigningKeyOptions,
} from '../../../src/keys/index.js';
import { TokenIssuer, TokenVerifier } from '../../../src/tokens/index.js';
import { SeededRandom, TestClock } from '../keys/fixtures.js';
import { REQUEST, startTokens } from './fixtures.js';

describe('a token that lives while operators rotate 200 times', () => {
  it('verifies until its last second, and the ring keeps its bound', async () => {
    const { issue, keys, clock, verifier } = await startTokens();
    const { token, expires_at } = await issue({ ttl_seconds: 900 });
    const outcomes = { rotated: 0, refused: 0 };
    for (let count = 0; count < 200; count++) {
      await issue({ ttl_seconds: 900 });
      await keys.rotate('operator').then(
        () => (outcomes.rotated += 1),
        () => (outcomes.refused += 1),
      );
      expect(verifier.verify(token).exp).toBe(expires_at);
      expect(keys.status().keys.length).toBeLessThanOrEqual(5);
      clock.advance(count % 9 === 0 ? 8 : 4);
    }
    expect(outcomes.rotated).toBeGreaterThanOrEqual(2);
    expect(outcomes.refused).toBeGreaterThan(100);
    clock.seconds = expires_at - 1;
    expect(verifier.verify(token).exp).toBe(expires_at);
    clock.advance(1);
    expect(() => verifier.verify(token)).toThrow('expired');
  });

  it('verifies just as well when nothing else is signed and no rotation is refused', async () => {
    const { issue, keys, clock, verifier } = await startTokens();
    const { token, expires_at } = await issue({ ttl_seconds: 900 });
    for (let count = 0; count < 200; count++) {
      await keys.rotate('operator');
      clock.advance(4);
      expect(verifier.verify(token).exp).toBe(expires_at);
    }
    expect(keys.status().keys).toHaveLength(3);
  });
});

/** The whole of KKP that the model looks at, and the model: the tokens that must verify. */
class World {
  readonly clock = new TestClock();
  readonly keys: SigningKeys;
  readonly live: { token: string; exp: number; kid: string }[] = [];
  private readonly issuer: TokenIssuer;
  private readonly verifier: TokenVerifier;

  constructor(private readonly times: SigningKeyOptions) {
    const maxTtlSeconds = times.maxTokenTtlSeconds;
    this.keys = new SigningKeys(times, this.clock, new SeededRandom(), new MemoryKeyStore());
    this.issuer = new TokenIssuer(
      { defaultTtlSeconds: 1, maxTtlSeconds },
      this.keys,
      this.clock,
      new SeededRandom('jti'),
    );
    this.verifier = new TokenVerifier({ maxLifetimeSeconds: maxTtlSeconds }, this.keys, this.clock);
  }

  async issue(share: number): Promise<void> {
    const ttl_seconds = Math.max(1, Math.round(share * this.times.maxTokenTtlSeconds));
    const {
      token,
      expires_at: exp,
      kid,
    } = await this.issuer.sign(this.issuer.buildClaims({ ...REQUEST, ttl_seconds }));
    this.live.push({ token, exp, kid });
  }

  async rotate(): Promise<void> {
    await this.keys.rotate('operator').catch((error: unknown) => {
      if (!(error instanceof KkpError) || error.code !== 'rate_limited' || !error.retryAfterSeconds)
        throw error;
    });
  }

  async wait(seconds: number): Promise<void> {
    this.clock.advance(seconds);
    await Promise.resolve();
  }

  check(): void {
    const { keys } = this.keys.status();
    if (keys.length > this.times.maxActiveKeys) throw new Error(`${keys.length} keys`);
    const now = this.clock.seconds;
    for (const { token, exp } of this.live) {
      if (now < exp) this.verifier.verify(token);
      else if (this.accepts(token)) throw new Error('a dead token was accepted');
    }
    // Dead tokens have been refused once; the signing keys that remain know them no longer than the skew.
    this.live.splice(0, this.live.length, ...this.live.filter(({ exp }) => now < exp));
    const idle = keys.slice(2).filter(({ lastExp }) => lastExp === undefined);
    if (idle.length > 0) throw new Error('a retired key that signed nothing was kept');
  }

  private accepts(token: string): boolean {
    try {
      this.verifier.verify(token);
      return true;
    } catch {
      return false;
    }
  }
}

const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .double({ min: 0, max: 1, noNaN: true })
      .map((share) => (world: World) => world.issue(share)),
  },
  { weight: 2, arbitrary: fc.constant((world: World) => world.rotate()) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.keys.maintain()) },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 0, max: 12 }).map((seconds) => (world: World) => world.wait(seconds)),
  },
);

const times = fc
  .record({
    rotationSeconds: fc.integer({ min: 1, max: 10 }),
    longest: fc.integer({ min: 1, max: 20 }),
    maxActiveKeys: fc.integer({ min: 3, max: 8 }),
  })
  .map(({ rotationSeconds, longest, maxActiveKeys }) =>
    withKeyDefaults({ rotationSeconds, ttlSeconds: rotationSeconds + longest, maxActiveKeys }),
  )
  .filter((candidate) => checkKeyTimes(candidate).length === 0);

describe('tokens under any sequence of issuing, rotating, maintaining and waiting', () => {
  it('verify exactly until their exp, within the bound of the ring', async () => {
    await fc.assert(
      fc.asyncProperty(times, fc.array(event, { maxLength: 30 }), async (candidate, events) => {
        const world = new World(candidate);
        await world.keys.start();
        for (const run of events) {
          await run(world);
          world.check();
        }
      }),
      { numRuns: 300 },
    );
  });

  it('asked for all at once: every answer is good, whatever rotates in between', async () => {
    await fc.assert(
      fc.asyncProperty(times, fc.array(event, { maxLength: 30 }), async (candidate, events) => {
        const world = new World(candidate);
        await world.keys.start();
        await Promise.all(events.map((run) => run(world)));
        world.check();
      }),
      { numRuns: 200 },
    );
  });
});

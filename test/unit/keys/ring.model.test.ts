import fc from 'fast-check';
import { checkKeyTimes, withKeyDefaults, type SigningKeyOptions } from '../../../src/keys/index.js';
import * as rings from '../../../src/keys/ring.js';
import { START } from './fixtures.js';

/** Any key times that the configuration accepts. */
const options: fc.Arbitrary<SigningKeyOptions> = fc
  .record({
    rotationSeconds: fc.integer({ min: 1, max: 20 }),
    longest: fc.integer({ min: 1, max: 40 }),
    skewSeconds: fc.integer({ min: 0, max: 40 }),
    maxActiveKeys: fc.integer({ min: 3, max: 12 }),
  })
  .map(({ rotationSeconds, longest, ...others }) =>
    withKeyDefaults({ ...others, rotationSeconds, ttlSeconds: rotationSeconds + longest }),
  )
  .filter((times) => checkKeyTimes(times).length === 0);

type Step =
  { do: 'sign'; ttl: number } | { do: 'operator' } | { do: 'tick' } | { do: 'wait'; seconds: number };

const step = (shortestWait: number): fc.Arbitrary<Step> =>
  fc.oneof(
    fc.record({ do: fc.constant('sign' as const), ttl: fc.integer({ min: 1, max: 40 }) }),
    fc.constant({ do: 'operator' as const }),
    fc.constant({ do: 'tick' as const }),
    fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: shortestWait, max: 30 }) }),
  );

/** The ring driven as SigningKeys drives it, with every token remembered. */
class Driver {
  ring = rings.begin('k0', 'k1', START);
  now = START;
  readonly tokens: { kid: string; exp: number }[] = [];
  private count = 2;

  constructor(private readonly times: SigningKeyOptions) {}

  run(step: Step): void {
    if (step.do === 'wait') this.now += step.seconds;
    if (step.do === 'sign') this.sign(step.ttl);
    if (step.do === 'operator') this.operator();
    if (step.do === 'tick') this.tick();
  }

  private sign(ttl: number): void {
    this.rotateIfDue();
    const exp = this.now + Math.min(ttl, this.times.maxTokenTtlSeconds);
    must(exp <= rings.expiresAt(this.ring, this.times), 'a token outlives its key');
    this.ring = rings.noteSigned(this.ring, exp);
    this.tokens.push({ kid: rings.activeKey(this.ring).kid, exp });
  }

  private operator(): void {
    if (!rings.mayRotate(this.ring, this.now, this.times).ok) {
      this.checkRefusal();
      return;
    }
    this.rotate();
  }

  /** A refusal names the first second at which the same ring would be let through. */
  private checkRefusal(): void {
    const refusal = rings.mayRotate(this.ring, this.now, this.times);
    const wait = refusal.ok ? 0 : refusal.retryAfterSeconds;
    must(wait >= 1, 'refused, and yet not to wait');
    must(!rings.mayRotate(this.ring, this.now + wait - 1, this.times).ok, 'told to wait for too long');
    must(rings.mayRotate(this.ring, this.now + wait, this.times).ok, 'told to wait for too short a time');
  }

  private tick(): void {
    this.rotateIfDue();
    this.ring = rings.prune(this.ring, this.now, this.times);
  }

  /** Whoever rotates by the schedule never asks for room. */
  rotateIfDue(): void {
    if (rings.isDue(this.ring, this.now, this.times)) this.rotate();
  }

  private rotate(): void {
    this.ring = rings.rotate(this.ring, this.now, `k${this.count++}`, this.times);
  }

  checkPromises(): void {
    const { keys } = this.ring;
    const retired = keys.slice(2);
    const kids = new Set(keys.map(({ kid }) => kid));
    const needed = this.tokens.filter(({ exp }) => this.now < exp + this.times.skewSeconds);
    must(/^active,next(,verify-only)*$/.test(keys.map(({ state }) => state).join()), 'states out of order');
    must(
      retired.every(({ state }) => state === 'verify-only'),
      'a retired key that is not verify-only',
    );
    must(
      needed.every(({ kid }) => kids.has(kid)),
      'a live token lost its key',
    );
    must(
      retired.every(({ kid }) => this.tokens.some((token) => token.kid === kid)),
      'an unused key was kept',
    );
    this.checkBound();
  }

  checkBound(): void {
    must(this.ring.keys.length <= this.times.maxActiveKeys, 'more keys than allowed');
  }
}

/** As `expect`, which is too slow for a hundred thousand checks. */
function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** From here on nothing but the schedule, under the heaviest use there is: a longest token in each key's last second. */
function checkSchedule(driver: Driver, times: SigningKeyOptions): void {
  for (let turn = 0; turn < 8; turn++) {
    driver.now = Math.max(driver.now, rings.rotationDueAt(driver.ring, times) - 1);
    driver.run({ do: 'sign', ttl: times.maxTokenTtlSeconds });
    driver.checkPromises();
    driver.now += 1;
    driver.rotateIfDue();
    driver.checkPromises();
  }
}

describe('a ring under any sequence of events', () => {
  it('loses no live token, keeps its bound, and leaves every scheduled rotation its place', () => {
    fc.assert(
      fc.property(options, fc.array(step(0), { maxLength: 40 }), (times, steps) => {
        const driver = new Driver(times);
        for (const event of steps) {
          driver.run(event);
          driver.checkPromises();
        }
        checkSchedule(driver, times);
      }),
      { numRuns: 1500 },
    );
  });

  it('keeps its bound under a clock that also jumps back', () => {
    fc.assert(
      fc.property(options, fc.array(step(-60), { maxLength: 40 }), (times, steps) => {
        const driver = new Driver(times);
        for (const event of steps) {
          driver.run(event);
          driver.checkBound();
        }
      }),
      { numRuns: 1500 },
    );
  });
});

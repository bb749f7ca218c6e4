import fc from 'fast-check';
import { MinuteCount } from '../../../src/quotas/minute-count.js';

const NOW = 1_700_000_000;

describe('a count of the last minute', () => {
  it('holds what happened up to 59 seconds ago, and no more', () => {
    const count = new MinuteCount();
    count.add(NOW);
    count.add(NOW);
    count.add(NOW + 30);
    expect([0, 59, 60, 89, 90].map((later) => count.count(NOW + later))).toEqual([3, 3, 1, 1, 0]);
  });

  it('is empty after a long silence', () => {
    const count = new MinuteCount();
    count.add(NOW);
    expect(count.count(NOW + 100_000)).toBe(0);
  });

  it('tells when there is room again', () => {
    const count = new MinuteCount();
    count.add(NOW);
    count.add(NOW + 10);
    count.add(NOW + 20);
    const waits = [4, 3, 2, 1].map((limit) => count.secondsUntilBelow(limit, NOW + 25));
    expect(waits).toEqual([0, 35, 45, 55]);
    expect(count.count(NOW + 25 + 34)).toBe(3);
    expect(count.count(NOW + 25 + 35)).toBe(2);
  });

  it('stands while a clock goes back a little, and waits for it', () => {
    const count = new MinuteCount();
    count.add(NOW);
    expect(count.count(NOW - 5)).toBe(1);
    expect(count.secondsUntilBelow(1, NOW - 5)).toBe(65);
    expect(count.count(NOW + 60)).toBe(0);
  });

  it('starts anew when a clock is set back by more than it holds: nobody is locked out', () => {
    const count = new MinuteCount();
    count.add(NOW);
    expect(count.count(NOW - 3600)).toBe(0);
    count.add(NOW - 3600);
    expect(count.count(NOW - 3541)).toBe(1);
  });

  it('agrees with a list of all times, whatever happened when', () => {
    const steps = fc.array(fc.tuple(fc.nat(100), fc.nat(3)), { maxLength: 50 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5 }), (happened, limit) => {
        const count = new MinuteCount();
        const times: number[] = [];
        let now = NOW;
        for (const [pause, events] of happened) {
          now += pause;
          for (let i = 0; i < events; i++) {
            count.add(now);
            times.push(now);
          }
          const within = (at: number) => times.filter((time) => time > at - 60).length;
          expect(count.count(now)).toBe(within(now));
          const wait = count.secondsUntilBelow(limit, now);
          expect(within(now + wait)).toBeLessThan(limit);
          if (wait > 0) expect(within(now + wait - 1)).toBeGreaterThanOrEqual(limit);
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

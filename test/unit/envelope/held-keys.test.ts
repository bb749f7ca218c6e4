import { jest } from '@jest/globals';
import fc from 'fast-check';
import { HeldKeys, type Eviction } from '../../../src/envelope/held-keys.js';
import { pass } from '../backends/calls/traces.js';
import { TestClock } from '../backends/setup.js';

const LIMITS = { maxAgeSeconds: 60, maxUses: 100, maxBytes: 1_000, maxEntries: 3 };
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

function holding(limits: Partial<typeof LIMITS> = {}) {
  const clock = new TestClock();
  const evicted: Eviction[] = [];
  const keys = new HeldKeys({ ...LIMITS, ...limits }, clock, (reason) => evicted.push(reason));
  const put = (id: string, owner = 'owner', at = clock.now()) => {
    const dataKey = new Uint8Array(32).fill(7);
    keys.put(id, { dataKey }, owner, at);
    return dataKey;
  };
  return { clock, evicted, keys, put };
}

describe('a data key that is held', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is given out as a copy, which its user may zero', () => {
    const { keys, put } = holding();
    const own = put('a');
    keys.take('a', 1)!.dataKey.fill(0);
    expect(isZero(own)).toBe(false);
    expect(isZero(keys.take('a', 1)!.dataKey)).toBe(false);
  });

  it('is not there under another id', () => {
    const { keys, put } = holding();
    put('a');
    expect(keys.take('b', 1)).toBeUndefined();
  });

  it('serves until its age, not a millisecond longer', () => {
    const { keys, put, clock, evicted } = holding();
    const own = put('a');
    clock.time += 59_999;
    expect(keys.take('a', 1)).toBeDefined();
    clock.time += 1;
    expect(keys.take('a', 1)).toBeUndefined();
    expect([isZero(own), evicted]).toEqual([true, ['age']]);
  });

  it('counts its age from when the key service was asked', () => {
    const { keys, put, clock } = holding();
    put('a', 'owner', clock.now() - 50_000);
    clock.time += 9_999;
    expect(keys.take('a', 1)).toBeDefined();
    clock.time += 1;
    expect(keys.take('a', 1)).toBeUndefined();
  });

  it('is zeroed, and not held, when it is too old to begin with', () => {
    const { keys, put, clock } = holding();
    const own = put('a', 'owner', clock.now() - 60_000);
    expect([isZero(own), keys.size]).toEqual([true, 0]);
  });

  it('is zeroed at its age though nobody asks', async () => {
    const { put, clock, keys, evicted } = holding();
    const own = put('a', 'owner', clock.now() - 10_000);
    await pass(clock, 49_999);
    expect(isZero(own)).toBe(false);
    await pass(clock, 1);
    expect([isZero(own), keys.size, evicted]).toEqual([true, 0, ['age']]);
  });

  it('does not get younger when somebody sets the clock back', async () => {
    const { put, clock, keys } = holding();
    put('a');
    clock.time -= 1;
    expect(keys.take('a', 1)).toBeUndefined();
    const own = put('b');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(isZero(own)).toBe(true);
  });

  it('serves as many messages as it may, and is zeroed with the last', () => {
    const { keys, put, evicted } = holding({ maxUses: 3 });
    const own = put('a');
    const taken = [keys.take('a', 1), keys.take('a', 1), keys.take('a', 1)];
    expect(taken.map((one) => isZero(one!.dataKey))).toEqual([false, false, false]);
    expect([isZero(own), keys.take('a', 1), evicted]).toEqual([true, undefined, ['uses']]);
  });

  it('serves as many bytes as it may, and is forgotten with a message that is too many', () => {
    const { keys, put, evicted } = holding();
    const own = put('a');
    expect(keys.take('a', 600)).toBeDefined();
    expect(keys.take('a', 400)).toBeDefined();
    expect(keys.take('a', 0)).toBeDefined();
    expect(isZero(own)).toBe(false);
    expect(keys.take('a', 1)).toBeUndefined();
    expect([isZero(own), evicted]).toEqual([true, ['bytes']]);
  });

  it('gives way, least recently used first, when there are too many', () => {
    const { keys, put, evicted } = holding();
    const [a, b] = [put('a'), put('b')];
    put('c');
    keys.take('a', 1);
    put('d');
    expect([isZero(a), isZero(b), keys.size, evicted]).toEqual([false, true, 3, ['capacity']]);
  });

  it('is zeroed when another takes its place, which then has its own time', async () => {
    const { put, clock, keys, evicted } = holding();
    const first = put('a');
    await pass(clock, 30_000);
    const second = put('a');
    expect([isZero(first), isZero(second), evicted]).toEqual([true, false, ['replaced']]);
    await pass(clock, 59_999);
    expect(keys.take('a', 1)).toBeDefined();
  });

  it('is forgotten with all others of its owner, and no one else’s', () => {
    const { keys, put, evicted } = holding();
    const [a, b, c] = [put('a', 'one'), put('b', 'two'), put('c', 'one')];
    keys.forget('one', 'key-refused');
    expect([a, b, c].map(isZero)).toEqual([true, false, true]);
    expect(evicted).toEqual(['key-refused', 'key-refused']);
  });

  it('is zeroed when the cache is closed, and none is held from then on', () => {
    const { keys, put, evicted } = holding();
    const held = [put('a'), put('b')];
    keys.close();
    const late = put('c');
    expect([...held, late].map(isZero)).toEqual([true, true, true]);
    expect([keys.size, evicted, jest.getTimerCount()]).toEqual([0, ['close', 'close'], 0]);
  });

  it('keeps all its bounds in every trace', () => {
    const step = fc.oneof(
      fc.record({ does: fc.constant('put' as const), id: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
      fc.record({
        does: fc.constant('take' as const),
        id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        bytes: fc.nat(400),
      }),
      fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 20_000, 60_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (trace) => {
        const { keys, put, clock } = holding({ maxUses: 4 });
        const made: { own: Uint8Array; id: string; at: number; uses: number; bytes: number }[] = [];
        for (const action of trace) {
          if (action.does === 'wait') clock.time += action.ms;
          if (action.does === 'put')
            made.push({ own: put(action.id), id: action.id, at: clock.now(), uses: 0, bytes: 0 });
          if (action.does === 'take') {
            const last = made.findLast(({ id }) => id === action.id);
            const taken = keys.take(action.id, action.bytes);
            if (!taken) continue;
            expect(last).toBeDefined();
            last!.uses += 1;
            last!.bytes += action.bytes;
            expect(last!.uses).toBeLessThanOrEqual(4);
            expect(last!.bytes).toBeLessThanOrEqual(1_000);
            expect(clock.now() - last!.at).toBeLessThan(60_000);
            expect(isZero(taken.dataKey)).toBe(false);
          }
          expect(keys.size).toBeLessThanOrEqual(3);
          expect(made.filter(({ own }) => !isZero(own))).toHaveLength(keys.size);
        }
        keys.close();
      }),
      { numRuns: 300 },
    );
  });
});

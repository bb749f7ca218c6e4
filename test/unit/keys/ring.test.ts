import type { SigningKeyOptions } from '../../../src/keys/index.js';
import {
  activeKey,
  begin,
  expiresAt,
  isDue,
  mayRotate,
  noteSigned,
  prune,
  rotate,
  type Ring,
} from '../../../src/keys/ring.js';
import { DEFAULTS, START } from './fixtures.js';

const kids = (ring: Ring): string[] => ring.keys.map(({ kid, state }) => `${kid}:${state}`);

/** Rotates once for each `[seconds from START, exp of the last token of the key that retires, or none]`. */
function rotated(steps: readonly (readonly [at: number, ttl?: number])[], options = DEFAULTS): Ring {
  let ring = begin('k0', 'k1', START);
  steps.forEach(([at, ttl], index) => {
    if (ttl !== undefined) ring = noteSigned(ring, START + at + ttl);
    ring = rotate(ring, START + at, `k${index + 2}`, options);
  });
  return ring;
}

/** Rotations in the first second, each right after a token of five minutes. */
const inUse = (count: number) => Array.from({ length: count }, () => [0, 300] as const);
const UNDER_LOAD = [
  [900, 900],
  [1800, 900],
] as const;

describe('a new ring', () => {
  const ring = begin('k0', 'k1', START);

  it('has one key that signs and one that is published ahead, born together', () => {
    expect(ring.keys).toEqual([
      { kid: 'k0', state: 'active', createdAt: START, activatedAt: START },
      { kid: 'k1', state: 'next', createdAt: START },
    ]);
  });

  it.each([
    [0, false],
    [899, false],
    [900, true],
    [1_000_000, true],
    [-3600, false],
  ])('after %s s: rotation due is %s', (seconds, due) => {
    expect(isDue(ring, START + seconds, DEFAULTS)).toBe(due);
  });

  it('lets its key live from activation for the time to live', () => {
    expect(expiresAt(ring, DEFAULTS)).toBe(START + 1800);
  });
});

describe('a rotation', () => {
  it('promotes the next key and takes in a new next', () => {
    expect(rotate(begin('k0', 'k1', START), START + 900, 'k2', DEFAULTS).keys).toEqual([
      { kid: 'k1', state: 'active', createdAt: START, activatedAt: START + 900 },
      { kid: 'k2', state: 'next', createdAt: START + 900 },
    ]);
  });

  it('retires the active key and keeps it while its last token lives', () => {
    const ring = rotate(noteSigned(begin('k0', 'k1', START), START + 1700), START + 900, 'k2', DEFAULTS);
    expect(ring.keys[2]).toEqual({
      kid: 'k0',
      state: 'verify-only',
      createdAt: START,
      activatedAt: START,
      retiredAt: START + 900,
      lastExp: START + 1700,
    });
  });

  it('counts the life of the promoted key from its activation, not from its creation', () => {
    expect(expiresAt(rotated([[900]]), DEFAULTS)).toBe(START + 900 + 1800);
  });

  it('starts a whole new interval, whoever asked for it', () => {
    const ring = rotated([[899]]);
    expect(isDue(ring, START + 1798, DEFAULTS)).toBe(false);
    expect(isDue(ring, START + 1799, DEFAULTS)).toBe(true);
  });

  it('drops a key that never signed at once', () => {
    expect(kids(rotated([[10]]))).toEqual(['k1:active', 'k2:next']);
  });

  it('orders verify-only keys newest first', () => {
    expect(
      kids(
        rotated([
          [1, 900],
          [2, 900],
          [3, 900],
        ]),
      ),
    ).toEqual(['k3:active', 'k4:next', 'k2:verify-only', 'k1:verify-only', 'k0:verify-only']);
  });
});

describe('notes of what was signed', () => {
  const ring = noteSigned(begin('k0', 'k1', START), START + 300);

  it('keep the latest expiry, not the last one noted', () => {
    expect(activeKey(noteSigned(ring, START + 100)).lastExp).toBe(START + 300);
    expect(activeKey(noteSigned(ring, START + 301)).lastExp).toBe(START + 301);
  });

  it('give the very same ring when nothing is new', () => {
    expect(noteSigned(ring, START + 300)).toBe(ring);
  });
});

describe('pruning', () => {
  const ring = rotated([[100, 900]]);
  const LAST_EXP = START + 1000;

  it.each([
    ['while a token lives', LAST_EXP - 1],
    ['when the last token dies', LAST_EXP],
    ['within the skew after it', LAST_EXP + 59],
    ['when the clock has gone back an hour', START - 3600],
  ])('keeps the key %s, and the very same ring', (_name, now) => {
    expect(prune(ring, now, DEFAULTS)).toBe(ring);
  });

  it('removes the key once the skew is over', () => {
    expect(kids(prune(ring, LAST_EXP + 60, DEFAULTS))).toEqual(['k1:active', 'k2:next']);
  });

  it('never removes the active or the next key, however old', () => {
    const quiet = begin('k0', 'k1', START);
    expect(prune(quiet, START + 1e9, DEFAULTS)).toBe(quiet);
  });

  it('removes by time and not by count', () => {
    const many = rotated(Array.from({ length: 50 }, (_, index) => [index, 900] as const));
    expect(prune(many, START + 900, DEFAULTS).keys).toHaveLength(52);
  });
});

describe('an operator may rotate', () => {
  it('any number of times while nothing is signed', () => {
    const ring = rotated(Array.from({ length: 100 }, (_, index) => [index] as const));
    expect(ring.keys).toHaveLength(2);
    expect(mayRotate(ring, START + 100, DEFAULTS)).toEqual({ ok: true });
  });

  it.each([
    ['two retired keys in use, a third token just signed', inUse(2), 0, 300, true],
    ['three retired keys in use', inUse(3), 0, 300, false],
    ['three retired keys in use, but nothing signed since', inUse(3), 0, undefined, true],
    ['a scheduled rotation just over, under the longest tokens', UNDER_LOAD, 1800, 900, true],
  ] as const)('or may not, with %s', (_name, steps, at, ttl, ok) => {
    const ring = rotated(steps);
    const signed = ttl === undefined ? ring : noteSigned(ring, START + at + ttl);
    expect(mayRotate(signed, START + at, DEFAULTS).ok).toBe(ok);
  });

  it('not when the next scheduled rotation would find no place, although there is one now', () => {
    // After it: next, active, and three keys that live past START + 900, when the schedule needs one more.
    const ring = noteSigned(
      rotated([
        [0, 900],
        [0, 900],
      ]),
      START + 900,
    );
    expect(ring.keys).toHaveLength(4);
    expect(mayRotate(ring, START, DEFAULTS)).toEqual({ ok: false, retryAfterSeconds: 60 });
  });

  it('not when a later scheduled rotation would find no place, although the next one would', () => {
    // A skew of two turns: keys stay for three. Two retired keys leave a place now and in one turn, but not in two.
    const options: SigningKeyOptions = { ...DEFAULTS, skewSeconds: 1800 };
    const ring = noteSigned(rotated([[0, 900]], options), START + 900);
    expect(mayRotate(ring, START, options)).toEqual({ ok: false, retryAfterSeconds: 900 });
  });

  it('not when keys that signed while the clock was a day ahead would be in the way of all rotations to come', () => {
    const ring = noteSigned(rotated([[0, 86_400]]), START + 86_400);
    expect(mayRotate(ring, START, DEFAULTS)).toEqual({ ok: false, retryAfterSeconds: 86_400 + 60 - 1800 });
  });

  it.each([1, 30, 59, 60])('says after how many seconds it may: trying %s s later', (later) => {
    const ring = noteSigned(
      rotated([
        [0, 900],
        [0, 900],
      ]),
      START + 900,
    );
    expect(mayRotate(ring, START + later, DEFAULTS)).toEqual(
      later < 60 ? { ok: false, retryAfterSeconds: 60 - later } : { ok: true },
    );
  });
});

describe('a clock that jumps', () => {
  const ring = rotated([
    [100, 900],
    [900, 900],
  ]);

  it('back: nothing is due and nothing goes until it has caught up', () => {
    const back = START - 3600;
    expect(isDue(ring, back, DEFAULTS)).toBe(false);
    expect(prune(ring, back, DEFAULTS)).toBe(ring);
  });

  it('forward: one rotation is due, and the active key stays to verify what it has just signed', () => {
    const forward = START + 100_000;
    expect(isDue(ring, forward, DEFAULTS)).toBe(true);
    const after = rotate(noteSigned(ring, forward + 1), forward, 'k4', DEFAULTS);
    expect(isDue(after, forward, DEFAULTS)).toBe(false);
    expect(kids(after)).toEqual(['k3:active', 'k4:next', 'k2:verify-only']);
  });
});

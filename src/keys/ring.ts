import { mostRetired, type SigningKeyOptions } from './key-times.js';

/** `next` is published and waits, `active` signs, `verify-only` is published until its last token is dead. */
export type KeyState = 'next' | 'active' | 'verify-only';

/** One key of the ring. Times are Unix seconds. */
export interface RingKey {
  readonly kid: string;
  readonly state: KeyState;
  readonly createdAt: number;
  readonly activatedAt?: number;
  readonly retiredAt?: number;
  /** Latest `exp` of any token that the key signed; absent when it signed none. */
  readonly lastExp?: number;
}

export interface ActiveKey extends RingKey {
  readonly state: 'active';
  readonly activatedAt: number;
}

/**
 * The ring: exactly one active key, exactly one next key, then the verify-only keys, newest first.
 *
 * Everything below is a pure function of the ring, the time and the options.
 *
 * What holds at all times:
 *  1. A key is removed only when no live token needs it: never before `lastExp + skew`, and never by count. Alone a key
 *     that is revoked goes at once (`expel`), for its tokens are to die.
 *  2. A token never outlives its key: `exp <= activatedAt + ttl`.
 *  3. The ring fits in `maxActiveKeys`, and every scheduled rotation to come will find a free place, whatever is signed
 *     until then. (See `operatorRotationAllowedAt`.)
 *
 * A clock that jumps back removes nothing and rotates nothing: what was decided by a later time waits until the clock
 * has caught up, and the active key signs meanwhile. A clock that jumps forward, however far, causes one rotation, and the
 * removal of keys whose tokens have all expired by that clock.
 */
export interface Ring {
  readonly keys: readonly [ActiveKey, RingKey, ...RingKey[]];
}

export const begin = (activeKid: string, nextKid: string, now: number): Ring => ({
  keys: [
    { kid: activeKid, state: 'active', createdAt: now, activatedAt: now },
    { kid: nextKid, state: 'next', createdAt: now },
  ],
});

export const activeKey = (ring: Ring): ActiveKey => ring.keys[0];

/** No token signed by the active key may expire later than this. */
export const expiresAt = (ring: Ring, { ttlSeconds }: SigningKeyOptions): number =>
  activeKey(ring).activatedAt + ttlSeconds;

export const rotationDueAt = (ring: Ring, { rotationSeconds }: SigningKeyOptions): number =>
  activeKey(ring).activatedAt + rotationSeconds;

export const isDue = (ring: Ring, now: number, options: SigningKeyOptions): boolean =>
  now >= rotationDueAt(ring, options);

/** Records that the active key signs a token that lives until `exp`. Returns the same ring when that changes nothing. */
export function noteSigned(ring: Ring, exp: number): Ring {
  const [active, ...others] = ring.keys;
  if (exp <= (active.lastExp ?? -Infinity)) return ring;
  return { keys: [{ ...active, lastExp: exp }, ...others] };
}

/** Promotes the next key, retires the active one, takes in `newKid` as next, and drops what is no longer needed. */
export function rotate(ring: Ring, now: number, newKid: string, options: SigningKeyOptions): Ring {
  const [active, next, ...retired] = ring.keys;
  return prune(
    {
      keys: [
        { ...next, state: 'active', activatedAt: now },
        { kid: newKid, state: 'next', createdAt: now },
        { ...active, state: 'verify-only', retiredAt: now },
        ...retired,
      ],
    },
    now,
    options,
  );
}

/**
 * Takes a key out at once, whatever it has signed: it is trusted no more. The next key takes an active one's place, and
 * `newKid` that of the next. The ring grows by nothing. Returns the same ring when it has no such key.
 */
export function expel(ring: Ring, kid: string, now: number, newKid: string): Ring {
  const [active, next, ...retired] = ring.keys;
  const fresh: RingKey = { kid: newKid, state: 'next', createdAt: now };
  if (kid === active.kid) {
    return { keys: [{ ...next, state: 'active', activatedAt: now }, fresh, ...retired] };
  }
  if (kid === next.kid) return { keys: [active, fresh, ...retired] };
  const kept = retired.filter((key) => key.kid !== kid);
  return kept.length === retired.length ? ring : { keys: [active, next, ...kept] };
}

/** When a retired key may go: once its last token has been dead for the skew; at once when it never signed. */
const removableAt = (key: RingKey, { skewSeconds }: SigningKeyOptions): number =>
  key.lastExp === undefined ? -Infinity : key.lastExp + skewSeconds;

/** Drops the verify-only keys that no live token needs. Returns the same ring when there is none. */
export function prune(ring: Ring, now: number, options: SigningKeyOptions): Ring {
  const [active, next, ...retired] = ring.keys;
  const kept = retired.filter((key) => now < removableAt(key, options));
  return kept.length === retired.length ? ring : { keys: [active, next, ...kept] };
}

/**
 * The earliest time, from `now` on, at which an operator's rotation leaves every scheduled rotation its place.
 *
 * Let R be the rotation interval, c = ceil((maxTokenTtl + skew) / R) the most keys that scheduled rotations alone leave
 * behind, and t the time asked about. The rotation at t retires the active key. Right after it (j = 0), and after the j-th
 * scheduled rotation that follows, which comes at t + jR or later, the ring holds
 *
 *     next + active + (keys retired by t that are still needed at t + jR) + min(j, c)
 *
 * keys at most, and that must not exceed `maxActiveKeys`. The last term counts the keys retired after t, each by the
 * worst case. From j = c on it stays and the others only shrink, so j = 0..c is all there is to check. A later
 * scheduled rotation only finds fewer keys, so a delayed timer does no harm. `checkKeyTimes` makes 2 + c fit, which is
 * the case without operators; hence the invariant holds from the beginning and after every rotation.
 *
 * Assumes that the active key signs nothing more until then: an estimate when in the future, exact when it is `now`.
 */
function operatorRotationAllowedAt(ring: Ring, now: number, options: SigningKeyOptions): number {
  const [active, , ...retired] = ring.keys;
  const removals = [active, ...retired].map((key) => removableAt(key, options)).sort((a, b) => b - a);
  const limit = mostRetired(options);
  let earliest = now;
  for (let j = 0; j <= limit; j++) {
    const places = options.maxActiveKeys - 2 - j;
    const firstWithoutPlace = removals[places] ?? -Infinity;
    earliest = Math.max(earliest, firstWithoutPlace - j * options.rotationSeconds);
  }
  return earliest;
}

type Permission = { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number };

/** Whether an operator may rotate now, and if not, after how many seconds (at least 1) it may be allowed. */
export function mayRotate(ring: Ring, now: number, options: SigningKeyOptions): Permission {
  const at = operatorRotationAllowedAt(ring, now, options);
  return at <= now ? { ok: true } : { ok: false, retryAfterSeconds: at - now };
}

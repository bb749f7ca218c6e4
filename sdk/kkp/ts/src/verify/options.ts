import type { Revocations } from '../revocations/rules.js';

/** How `verifyToken` judges a token whose signature is good. */
export interface VerifyTokenOptions {
  /** The audience the token must have; any without it. */
  audience?: string;
  /** Unix milliseconds; default `Date.now`. */
  now?: () => number;
  /** The longest `exp - iat` allowed; default 3600. */
  maxLifetimeSeconds?: number;
  /** How far `iat` may lie ahead of `now`: 0 to 60, default 5. It does not lengthen a token's life. */
  clockSkewSeconds?: number;
  /** Names of claims allowed beside the eight of a KKP token; default none. */
  extraClaims?: readonly string[];
  /** What was taken back: `createRemoteRevocations`. Without it, a token that was is good until its `exp`. */
  revocations?: Revocations;
}

/** The options with every default filled in; `now` in whole Unix seconds. */
export interface VerifyRules {
  audience: string | undefined;
  now: number;
  maxLifetimeSeconds: number;
  clockSkewSeconds: number;
  extraClaims: readonly string[];
}

/** Throws TypeError or RangeError for a value under which a check would be left out. */
export function readVerifyOptions(options: VerifyTokenOptions): VerifyRules {
  const {
    audience,
    now = Date.now,
    maxLifetimeSeconds = 3600,
    clockSkewSeconds = 5,
    extraClaims = [],
    revocations,
  } = options;
  if ('audience' in options && typeof audience !== 'string') {
    throw new TypeError('audience must be a string; leave it out to take any');
  }
  if ('revocations' in options && typeof revocations?.covers !== 'function') {
    throw new TypeError('revocations must be what createRemoteRevocations or readRevocations gave');
  }
  if (!Array.isArray(extraClaims)) throw new TypeError('extraClaims must be an array of names');
  const time = Math.floor(now() / 1000);
  if (!Number.isSafeInteger(time)) throw new RangeError('now must give Unix milliseconds');
  if (!(Number.isSafeInteger(maxLifetimeSeconds) && maxLifetimeSeconds > 0)) {
    throw new RangeError('maxLifetimeSeconds must be a whole number above 0');
  }
  if (!(Number.isSafeInteger(clockSkewSeconds) && clockSkewSeconds >= 0 && clockSkewSeconds <= 60)) {
    throw new RangeError('clockSkewSeconds must be a whole number from 0 to 60');
  }
  return { audience, now: time, maxLifetimeSeconds, clockSkewSeconds, extraClaims };
}

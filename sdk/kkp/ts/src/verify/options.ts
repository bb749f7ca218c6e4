import type { Revocations } from '../revocations/rules.js';

/** `at+jwt` is that of RFC 9068, with the claim `client_id`. */
export type TokenType = 'JWT' | 'at+jwt';

const TOKEN_TYPES: readonly TokenType[] = ['JWT', 'at+jwt'];

/** How `verifyToken` judges a token whose signature is good. */
export interface VerifyTokenOptions {
  /** The audience the token must have; any without it. */
  audience?: string;
  /** The `iss` that the token must have; without it none, unless `extraClaims` allows any. */
  issuer?: string;
  /** The `typ` that the header must have; default `JWT`. */
  typ?: TokenType;
  /** Unix milliseconds; default `Date.now`. */
  now?: () => number;
  /** The longest `exp - iat` allowed; default 3600. */
  maxLifetimeSeconds?: number;
  /** How far `iat` may lie ahead of `now`: 0 to 60, default 5. It does not lengthen a token's life. */
  clockSkewSeconds?: number;
  /** Names of claims allowed beside the eight of a KKP token; default none. `iss`, `nbf`, `ops`, `cnf`, `act` must be well-formed. */
  extraClaims?: readonly string[];
  /** What was taken back: `createRemoteRevocations`. Without it, a token that was is good until its `exp`. */
  revocations?: Revocations;
}

/** The options with every default filled in; `now` in whole Unix seconds. */
export interface VerifyRules {
  audience: string | undefined;
  issuer: string | undefined;
  typ: TokenType;
  now: number;
  maxLifetimeSeconds: number;
  clockSkewSeconds: number;
  extraClaims: readonly string[];
}

/** Throws TypeError or RangeError for a value under which a check would be left out. */
export function readVerifyOptions(options: VerifyTokenOptions): VerifyRules {
  const {
    audience,
    issuer,
    typ = 'JWT',
    now = Date.now,
    maxLifetimeSeconds = 3600,
    clockSkewSeconds = 5,
    extraClaims = [],
    revocations,
  } = options;
  if ('audience' in options && typeof audience !== 'string') {
    throw new TypeError('audience must be a string; leave it out to take any');
  }
  checkIssuer(options);
  if (!TOKEN_TYPES.includes(typ)) throw new TypeError(`typ must be one of ${TOKEN_TYPES.join(', ')}`);
  if ('revocations' in options && typeof revocations?.covers !== 'function') {
    throw new TypeError('revocations must be what createRemoteRevocations or readRevocations gave');
  }
  checkExtraClaims(extraClaims);
  const time = readTime(now);
  checkTimes(maxLifetimeSeconds, clockSkewSeconds);
  const allowed = [
    ...extraClaims,
    ...(issuer === undefined ? [] : ['iss']),
    ...(typ === 'at+jwt' ? ['client_id'] : []),
  ];
  return { audience, issuer, typ, now: time, maxLifetimeSeconds, clockSkewSeconds, extraClaims: allowed };
}

/** Throws TypeError for what is no array. */
function checkExtraClaims(names: unknown): void {
  if (!Array.isArray(names)) throw new TypeError('extraClaims must be an array of names');
}

/** Throws TypeError for an issuer that is there and says nothing. */
export function checkIssuer(options: { issuer?: string }): void {
  if ('issuer' in options && typeof options.issuer !== 'string') {
    throw new TypeError('issuer must be a string; leave it out to take any that is allowed');
  }
}

/** Whole Unix seconds; throws RangeError. */
export function readTime(now: () => number): number {
  const time = Math.floor(now() / 1000);
  if (!Number.isSafeInteger(time)) throw new RangeError('now must give Unix milliseconds');
  return time;
}

/** Throws RangeError. */
export function checkTimes(maxLifetimeSeconds: number, clockSkewSeconds: number): void {
  if (!(Number.isSafeInteger(maxLifetimeSeconds) && maxLifetimeSeconds > 0)) {
    throw new RangeError('maxLifetimeSeconds must be a whole number above 0');
  }
  if (!(Number.isSafeInteger(clockSkewSeconds) && clockSkewSeconds >= 0 && clockSkewSeconds <= 60)) {
    throw new RangeError('clockSkewSeconds must be a whole number from 0 to 60');
  }
}

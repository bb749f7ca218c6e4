import { RevocationsError, type RevocationsErrorReason, TokenError } from '../errors.js';
import type { TokenKeys } from '../jwks/keys.js';
import { isName, isTime } from '../shapes.js';
import type { JsonObject } from '../strict-json.js';
import { readKid } from '../verify/header.js';
import { checkIssuer, checkTimes, readTime } from '../verify/options.js';
import { parseSegment, splitToken } from '../verify/segments.js';
import { isSigned } from '../verify/verify-token.js';
import { isRule, type Revocations, RuleIndex } from './rules.js';

export interface ReadRevocationsOptions {
  /** The `iss` that the list must have; any, or none, without it. */
  issuer?: string;
  /** Unix milliseconds; default `Date.now`. */
  now?: () => number;
  /** The longest `exp - iat` allowed; default 3600. */
  maxLifetimeSeconds?: number;
  /** How far `iat` may lie ahead of `now`; default 5. */
  clockSkewSeconds?: number;
}

/** A list that was verified, and until when it may be relied on: Unix seconds. */
export interface ReadRevocations extends Revocations {
  readonly expiresAt: number;
  readonly issuedAt: number;
  /** Whether it takes back what this key signs, lists among it, at that time in Unix seconds. */
  coversKey(kid: string, at: number): boolean;
}

/** 100000 rules of the longest names there are likely to be. */
export const MAX_LIST_LENGTH = 16 * 1024 * 1024;
const LIST_TYPE = 'kkp-revocations+jwt';

/**
 * Verifies the signed list of a server (`/.well-known/kkp-revocations`). Throws RevocationsError, and with a remote key
 * set what fetching it threw. Past its `expiresAt` the list says nothing: `covers` then throws.
 */
export async function readRevocations(
  list: string,
  keys: TokenKeys,
  options: ReadRevocationsOptions = {},
): Promise<ReadRevocations> {
  const { now, ...limits } = readListOptions(options);
  const payload = await verifiedPayload(list, keys).catch((error: unknown) => {
    // The form of the two is the same, and so are the reasons.
    throw error instanceof TokenError ? new RevocationsError(error.reason as RevocationsErrorReason) : error;
  });
  const { iat, exp, rules } = checkList(payload, limits, readTime(now));
  const index = new RuleIndex(rules);
  return {
    expiresAt: exp,
    issuedAt: iat,
    coversKey: (kid, at) => rules.some((rule) => rule.kid === kid && (rule.expires_at as number) > at),
    covers: (claims, kid) =>
      Math.floor(now() / 1000) < exp
        ? Promise.resolve(index.covers(claims, kid))
        : Promise.reject(new RevocationsError('expired')),
  };
}

async function verifiedPayload(list: string, keys: TokenKeys): Promise<JsonObject> {
  const segments = splitToken(list, MAX_LIST_LENGTH);
  const verify = await keys.find(readKid(parseSegment(segments.header), LIST_TYPE));
  if (!verify) throw new TokenError('unknown_key');
  if (!(await isSigned(segments, verify))) throw new TokenError('bad_signature');
  return parseSegment(segments.payload);
}

/** The options with every default filled in. Throws TypeError or RangeError for one under which a check would be left out. */
export function readListOptions(options: ReadRevocationsOptions) {
  const { issuer, now = Date.now, maxLifetimeSeconds = 3600, clockSkewSeconds = 5 } = options;
  checkIssuer(options);
  checkTimes(maxLifetimeSeconds, clockSkewSeconds);
  return { issuer, now, maxLifetimeSeconds, clockSkewSeconds };
}

function checkList(
  payload: JsonObject,
  { issuer, maxLifetimeSeconds, clockSkewSeconds }: Omit<ReturnType<typeof readListOptions>, 'now'>,
  now: number,
): { iat: number; exp: number; rules: JsonObject[] } {
  const { iss, iat, exp, rules, ...others } = payload;
  if (Object.keys(others).length > 0 || !isTime(iat) || !isTime(exp))
    throw new RevocationsError('bad_claims');
  if ('iss' in payload && !isName(iss)) throw new RevocationsError('bad_claims');
  if (!Array.isArray(rules) || !rules.every(isRule)) throw new RevocationsError('bad_claims');
  if (iat > now + clockSkewSeconds) throw new RevocationsError('not_yet_valid');
  if (exp <= iat || exp - iat > maxLifetimeSeconds) throw new RevocationsError('lifetime_exceeded');
  if (now >= exp) throw new RevocationsError('expired');
  if (issuer !== undefined && iss !== issuer) throw new RevocationsError('wrong_issuer');
  return { iat, exp, rules };
}

import type { VerifySignature } from '../crypto/ed25519.js';
import { isSafePoint } from '../crypto/safe-point.js';
import { TokenError, type TokenErrorReason } from '../errors.js';
import { type TokenKeys, importJwks } from '../jwks/keys.js';
import type { JsonObject } from '../strict-json.js';
import type { JwkSet, TokenClaims } from '../types.js';
import { hasOnlyClaims, hasTokenClaims } from './claims.js';
import { readKid } from './header.js';
import { type VerifyRules, type VerifyTokenOptions, readVerifyOptions } from './options.js';
import { type Segments, parseSegment, splitToken } from './segments.js';

/**
 * Verifies a KKP token offline and returns its claims.
 *
 * `keys` is a JWK Set (checked anew on each call), the result of `importJwks`, or a remote JWK Set. Throws TokenError with
 * the first reason that applies, KeySetError for a set that must not be trusted, and with a remote set, or remote revocations, what fetching it threw.
 */
export async function verifyToken(
  token: string,
  keys: JwkSet | TokenKeys,
  options: VerifyTokenOptions = {},
): Promise<TokenClaims> {
  const rules = readVerifyOptions(options);
  const tokenKeys = 'keys' in keys ? importJwks(keys) : keys;
  const segments = splitToken(token);
  const kid = readKid(parseSegment(segments.header), rules.typ);
  const verify = await tokenKeys.find(kid);
  if (!verify) throw new TokenError('unknown_key');
  if (!(await isSigned(segments, verify))) throw new TokenError('bad_signature');
  const claims = checkClaims(parseSegment(segments.payload), rules);
  if (await options.revocations?.covers(claims, kid)) throw new TokenError('revoked');
  return claims;
}

export async function isSigned({ signature, signed }: Segments, verify: VerifySignature): Promise<boolean> {
  // No signer makes an R of small order by chance, and implementations differ on it: OpenSSL 3.0 takes it, 3.5 does not.
  return signature.length === 64 && isSafePoint(signature.subarray(0, 32)) && verify(signature, signed);
}

function checkClaims(payload: JsonObject, rules: VerifyRules): TokenClaims {
  if (!hasTokenClaims(payload) || !hasOnlyClaims(payload, rules.extraClaims))
    throw new TokenError('bad_claims');
  const reason = refusalOf(payload, rules);
  if (reason) throw new TokenError(reason);
  return payload;
}

/** `nbf` has no tolerance: somebody chose it, while `iat` is of the clock of whoever signed. */
function refusalOf(
  { iat, exp, nbf, iss, aud }: TokenClaims,
  rules: VerifyRules,
): TokenErrorReason | undefined {
  if (iat > rules.now + rules.clockSkewSeconds) return 'not_yet_valid';
  if (nbf !== undefined && nbf > rules.now) return 'not_yet_valid';
  if (exp <= iat || exp - iat > rules.maxLifetimeSeconds) return 'lifetime_exceeded';
  if (rules.now >= exp) return 'expired';
  if (rules.issuer !== undefined && rules.issuer !== iss) return 'wrong_issuer';
  if (rules.audience !== undefined && rules.audience !== aud) return 'wrong_audience';
  return undefined;
}

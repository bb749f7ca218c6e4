import { isJsonObject } from '../../strict-json.js';
import type { CompactJws, JsonObject } from './compact.js';

/** What a kind of JWT credential must be like. */
export interface CredentialRules {
  readonly algorithms: readonly string[];
  /** Values of `typ` that are taken, exactly as written; without `typ` a credential is taken too. */
  readonly types: readonly string[];
  readonly audience: string;
  /** Whether `aud` may name others beside this proxy. */
  readonly mayNameOthers: boolean;
  readonly needsIssuedAt: boolean;
  /** How far the clocks of issuer and proxy may differ, at most 60. */
  readonly clockSkewSeconds: number;
  /** Longest `exp - iat`; without `iat`, longest time left. */
  readonly maxLifetimeSeconds: number;
}

/** Members by which a credential would say how it wants to be verified (RFC 7515 section 4.1, RFC 7797, RFC 7516). */
const FORBIDDEN = ['b64', 'crit', 'enc', 'jku', 'jwk', 'x5c', 'x5u', 'zip'];
const MAX_KID_LENGTH = 256;

export interface GoodHeader {
  readonly alg: string;
  readonly kid: string;
}

/** What decides about the key, taken from a header that may be believed that far; undefined for any other. */
export function goodHeader({ header }: CompactJws, rules: CredentialRules): GoodHeader | undefined {
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || !rules.algorithms.includes(alg)) return undefined;
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) return undefined;
  if (typ !== undefined && !rules.types.some((type) => type === typ)) return undefined;
  return FORBIDDEN.some((name) => Object.hasOwn(header, name)) ? undefined : { alg, kid };
}

/**
 * What is wrong with the claims of a credential whose signature is good, as a sentence for the caller; undefined when
 * nothing is. A claim of the wrong type is a fault, never an absent claim.
 * @param now Unix seconds
 */
export function claimsFault(claims: JsonObject, rules: CredentialRules, now: number): string | undefined {
  if (!isForUs(claims.aud, rules)) return 'The credential is meant for another audience.';
  // Whose key it is bound to cannot be told from a bearer (RFC 9449 section 7.2, RFC 8705 section 3).
  if ('cnf' in claims) return 'The credential is bound to a key, and no such credential is accepted here.';
  return timeFault(claims, rules, now);
}

function isForUs(aud: unknown, { audience, mayNameOthers }: CredentialRules): boolean {
  const names: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!names.every((name) => typeof name === 'string')) return false;
  return names.includes(audience) && (mayNameOthers || names.length === 1);
}

function timeFault(claims: JsonObject, rules: CredentialRules, now: number): string | undefined {
  const { exp, nbf = 0, iat } = claims;
  const { clockSkewSeconds: skew } = rules;
  const issuedAt = iat === undefined && !rules.needsIssuedAt ? now : iat;
  if (!isTime(exp) || !isTime(nbf) || !isTime(issuedAt))
    return 'The credential lacks good exp and iat claims.';
  if (now >= exp + skew) return 'The credential has expired.';
  if (nbf > now + skew || issuedAt > now + skew) return 'The credential is not valid yet.';
  if (exp <= issuedAt && iat !== undefined) return 'The credential ends before it begins.';
  if (exp - issuedAt > rules.maxLifetimeSeconds) return 'The credential lives longer than is accepted here.';
  return undefined;
}

/** A NumericDate (RFC 7519 section 2). */
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** A claim that names somebody: text of 1 to 512 characters without control characters. */
export const isName = (value: unknown): value is string =>
  // eslint-disable-next-line no-control-regex -- that is what it looks for
  typeof value === 'string' && value.length <= 512 && /^[^\x00-\x1f\x7f]+$/.test(value);

/** The object in a member of an object, or an empty one. */
export const objectIn = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

import { verify, type KeyObject } from 'node:crypto';
import { decodeBase64url } from '../base64url.js';
import { hasTokenClaims, type TokenClaims } from './claims.js';
import { parseStrictJson } from '../strict-json.js';

/** Longest token, in characters. */
export const MAX_TOKEN_LENGTH = 8192;

/** Why a token is refused: the first rule that it breaks, in this order. */
export type TokenFault =
  | 'malformed'
  | 'unsupported_header'
  | 'unknown_key'
  | 'bad_signature'
  | 'bad_claims'
  | 'not_yet_valid'
  | 'lifetime_exceeded'
  | 'expired'
  | 'wrong_issuer'
  | 'wrong_audience';

export type Verdict =
  | { readonly ok: true; readonly claims: TokenClaims }
  | { readonly ok: false; readonly reason: Exclude<TokenFault, 'not_yet_valid'> }
  /** Signed by us: `judgeClaims` tells what will be the matter with them later. */
  | { readonly ok: false; readonly reason: 'not_yet_valid'; readonly earlyClaims: TokenClaims };

export interface TokenRules {
  /** Longest `exp - iat`, in seconds. */
  readonly maxLifetimeSeconds: number;
  /** How far `iat` may lie ahead of `now`, in seconds; `exp` is strict. Default 5. */
  readonly clockSkewSeconds?: number;
  /** The only `aud` that is accepted; absent: any. */
  readonly audience?: string;
  /** The only `iss` that is accepted, which then must be there; absent: any, if `extraClaims` has it. */
  readonly issuer?: string;
  /** The only `typ` that is accepted. Default "JWT". */
  readonly typ?: TokenType;
  /** Names of claims that a token may carry beside its own eight. Those of `OPTIONAL_CLAIMS` must be of their types. */
  readonly extraClaims?: readonly string[];
}

/** `typ` of the header: "at+jwt" is that of RFC 9068. */
export const TOKEN_TYPES = ['JWT', 'at+jwt'] as const;

export type TokenType = (typeof TOKEN_TYPES)[number];

/** The public key for a `kid`, checked when it was taken in. */
export type KeyLookup = (kid: string) => KeyObject | undefined;

const DEFAULT_CLOCK_SKEW_SECONDS = 5;
const KID = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Judges a compact JWS (RFC 7515 section 7.1) by KKP's rules, which are the SDKs' too and stricter than RFC 7519: one
 * algorithm, exactly the members alg, typ and kid in the header, one spelling of every token, exactly KKP's claims.
 *
 * The payload is not parsed before its signature is known to be good.
 * @param now Unix seconds
 */
export function verifyToken(token: unknown, keyOf: KeyLookup, rules: TokenRules, now: number): Verdict {
  const parts = split(token);
  const header = parts && parseStrictJson(parts.header);
  if (!header) return refuse('malformed');
  if (!isSupported(header, rules.typ)) return refuse('unsupported_header');
  const key = keyOf(header.kid);
  if (!key) return refuse('unknown_key');
  if (!isSigned(parts, key)) return refuse('bad_signature');
  const payload = parseStrictJson(parts.payload);
  if (!payload) return refuse('malformed');
  return hasTokenClaims(payload, allowedClaims(rules))
    ? judgeClaims(payload, rules, now)
    : refuse('bad_claims');
}

/**
 * The last of the rules, for claims of a good signature.
 * @param now Unix seconds
 */
export function judgeClaims(claims: TokenClaims, rules: TokenRules, now: number): Verdict {
  if (isEarly(claims, rules, now)) return { ok: false, reason: 'not_yet_valid', earlyClaims: claims };
  const { iat, exp, iss, aud } = claims;
  if (exp <= iat || exp - iat > rules.maxLifetimeSeconds) return refuse('lifetime_exceeded');
  if (now >= exp) return refuse('expired');
  if (rules.issuer !== undefined && iss !== rules.issuer) return refuse('wrong_issuer');
  if (rules.audience !== undefined && aud !== rules.audience) return refuse('wrong_audience');
  return { ok: true, claims };
}

const refuse = (reason: Exclude<TokenFault, 'not_yet_valid'>): Verdict => ({ ok: false, reason });

interface Parts {
  readonly header: Buffer;
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** What was signed: the first two segments with the dot between them. */
  readonly input: Buffer;
}

function split(token: unknown): Parts | undefined {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) return undefined;
  const segments = token.split('.');
  if (segments.length !== 3) return undefined;
  const [header, payload, signature] = segments.map(decodeBase64url);
  if (!header?.length || !payload?.length || !signature?.length) return undefined;
  return { header, payload, signature, input: Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1') };
}

const isSupported = (
  header: Record<string, unknown>,
  typ: TokenType = 'JWT',
): header is { alg: 'EdDSA'; typ: TokenType; kid: string } =>
  Object.keys(header).length === 3 &&
  header.alg === 'EdDSA' &&
  header.typ === typ &&
  typeof header.kid === 'string' &&
  KID.test(header.kid);

/** Ed25519 (RFC 8032 section 5.1.7) under a key that was checked when it was taken in. */
export const isSigned = ({ input, signature }: Pick<Parts, 'input' | 'signature'>, key: KeyObject): boolean =>
  signature.length === 64 && verify(null, input, key, signature);

/** Names of claims that a token may have beside its own eight. */
export const allowedClaims = ({ extraClaims = [], issuer, typ }: TokenRules): readonly string[] => [
  ...extraClaims,
  ...(issuer === undefined ? [] : ['iss']),
  ...(typ === 'at+jwt' ? ['client_id'] : []),
];

/** `nbf` is as strict as `exp`: somebody chose it, while `iat` comes from the clock of whoever signs. */
const isEarly = ({ iat, nbf }: TokenClaims, rules: TokenRules, now: number): boolean =>
  iat > now + (rules.clockSkewSeconds ?? DEFAULT_CLOCK_SKEW_SECONDS) || (nbf !== undefined && nbf > now);

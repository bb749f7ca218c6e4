import { type Signer, alice, base64url } from './keys.js';
import type { TokenVector, VectorOptions, VectorReason } from './types.js';

/** The verifier's clock in every vector. */
export const NOW = 1_700_000_000;

/** JSON text, raw bytes, or an object to serialise. */
export type Part = string | Uint8Array | Record<string, unknown>;

/** The parts of a token; what is missing is taken from a good token signed by `alice`. */
export interface TokenParts {
  header?: Part;
  payload?: Part;
  signer?: Signer;
}

/** What a vector may set beside its token. */
export interface VectorExtras extends Partial<VectorOptions> {
  keys?: TokenVector['keys'];
}

export function goodHeader(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { alg: 'EdDSA', typ: 'JWT', kid: alice.kid, ...changes };
}

export function goodClaims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sub: 'orders-service',
    aud: 'billing',
    backend: 'aws',
    key_id: 'alias/orders',
    policy_claims: { environment: 'production' },
    exp: NOW + 300,
    iat: NOW - 10,
    jti: '6f1c1f0e-8a54-4d57-9a3c-2f1d4b5e6a70',
    ...changes,
  };
}

/** The good payload's JSON with the text of one member's value put in as it stands. */
export function claimsWithRaw(name: string, rawValue: string): string {
  const marker = '@raw@';
  return JSON.stringify(goodClaims({ [name]: marker })).replace(JSON.stringify(marker), () => rawValue);
}

export function segment(part: Part): string {
  return base64url(typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part));
}

/** Signs the two segments as they stand, canonical or not. */
export function signSegments(header: string, payload: string, signer: Signer = alice): string {
  const input = `${header}.${payload}`;
  return `${input}.${base64url(signer.sign(input))}`;
}

export function makeToken({ header, payload, signer = alice }: TokenParts = {}): string {
  return signSegments(
    segment(header ?? goodHeader({ kid: signer.kid })),
    segment(payload ?? goodClaims()),
    signer,
  );
}

export function accept(name: string, parts: TokenParts, extras: VectorExtras = {}): TokenVector {
  const payload = parts.payload ?? goodClaims();
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const claims = JSON.parse(text) as Record<string, unknown>;
  return { ...vector(name, makeToken(parts), extras), verdict: 'accept', claims };
}

export function reject(
  reason: VectorReason,
  name: string,
  token: string | TokenParts,
  extras: VectorExtras = {},
): TokenVector {
  const text = typeof token === 'string' ? token : makeToken(token);
  return { ...vector(name, text, extras), verdict: 'reject', reason };
}

function vector(name: string, token: string, extras: VectorExtras): Omit<TokenVector, 'verdict'> {
  const { keys, ...changes } = extras;
  const options = { now: NOW, max_lifetime_seconds: 900, clock_skew_seconds: 5, ...changes };
  return keys ? { name, token, options, keys } : { name, token, options };
}

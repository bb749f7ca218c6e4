import { decodeBase64url } from '../base64url.js';
import type { JsonObject } from '../strict-json.js';
import type { DpopPublicJwk } from './jwk.js';

export type DpopAlgorithm = 'ES256' | 'EdDSA';

/** A key that tokens are bound to (RFC 9449). Implement it for a key that is in hardware. */
export interface DpopKey {
  readonly alg: DpopAlgorithm;
  readonly publicJwk: DpopPublicJwk;
  /** 64 bytes: r and s of ES256 (RFC 7518 section 3.4), or an Ed25519 signature (RFC 8037 section 3.1). */
  sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

/** The public members alone: nothing else of a key may get into a proof. Throws TypeError. */
export function readPublicJwk(jwk: object): DpopPublicJwk {
  const { kty, crv, x, y } = jwk as JsonObject;
  if (!isCoordinate(x)) throw notAKey();
  if (kty === 'OKP' && crv === 'Ed25519') return { kty, crv, x };
  if (kty === 'EC' && crv === 'P-256' && isCoordinate(y)) return { kty, crv, x, y };
  throw notAKey();
}

const isCoordinate = (value: unknown): value is string =>
  typeof value === 'string' && decodeBase64url(value)?.length === 32;

export const algorithmOf = ({ kty }: DpopPublicJwk): DpopAlgorithm => (kty === 'EC' ? 'ES256' : 'EdDSA');

export const notAKey = (): TypeError =>
  new TypeError(
    'a DPoP key must be a whole key pair of Ed25519 or P-256, as a CryptoKeyPair or a private JWK',
  );

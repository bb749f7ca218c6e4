import { createPublicKey, type KeyObject } from 'node:crypto';
import { decodeBase64url } from '../base64url.js';
import { pointFault } from '../ed25519-point.js';

/** Why a JWK is no Ed25519 public key that KKP trusts. The text is public and holds nothing of the key. */
export class PublicKeyError extends Error {
  override readonly name = 'PublicKeyError';
}

const KID = /^[A-Za-z0-9_-]{1,64}$/;

type Jwk = Readonly<Record<string, unknown>>;

/**
 * The Ed25519 signing keys of a JWK set (RFC 7517 section 5, RFC 8037 section 2) by their `kid`, each checked before anything
 * is verified with it. Keys of another `kty`, `crv` or `use` are passed over.
 *
 * One bad key refuses the whole set: a private key; another `alg` than "EdDSA" or "Ed25519"; no `kid`, or one that came before;
 * an `x` that is not the canonical text of 32 bytes; a point that is not canonically encoded (y >= p), or of small order.
 * Those are 14 encodings, and under each one fixed signature verifies every message.
 * @throws PublicKeyError
 */
export function importPublicKeys(jwks: { readonly keys: readonly Jwk[] }): Map<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  for (const jwk of jwks.keys.filter(isSigningKey)) {
    const { kid } = jwk;
    if (typeof kid !== 'string' || !KID.test(kid)) {
      throw new PublicKeyError('The kid of a JWK must be 1 to 64 characters of base64url.');
    }
    if (keys.has(kid)) throw new PublicKeyError('Two keys of the set have the same kid.');
    keys.set(kid, importPublicKey(jwk));
  }
  return keys;
}

const isSigningKey = ({ kty, crv, use = 'sig' }: Jwk): boolean =>
  kty === 'OKP' && crv === 'Ed25519' && use === 'sig';

function importPublicKey({ x, alg = 'EdDSA', ...rest }: Jwk): KeyObject {
  if ('d' in rest) throw new PublicKeyError('The JWK holds a private key.');
  if (alg !== 'EdDSA' && alg !== 'Ed25519') {
    throw new PublicKeyError('The alg of the JWK must be "EdDSA" or "Ed25519", or absent.');
  }
  const point = typeof x === 'string' ? decodeBase64url(x) : undefined;
  if (typeof x !== 'string' || point?.length !== 32) {
    throw new PublicKeyError('The x of the JWK must be 32 bytes in base64url without padding.');
  }
  const fault = pointFault(point);
  if (fault !== undefined) throw new PublicKeyError(`The x of the JWK ${fault}.`);
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

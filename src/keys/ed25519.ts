import { hash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Random } from '../random.js';

/** A public Ed25519 key as the JWKS shows it (RFC 8037 section 2). Member order is the order on the wire. */
export type PublicJwk = Readonly<{
  kty: 'OKP';
  crv: 'Ed25519';
  kid: string;
  x: string;
  alg: 'EdDSA';
  use: 'sig';
}>;

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: PublicJwk;
}

/** PrivateKeyInfo up to the seed (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** A fresh key from 32 random bytes, which are overwritten afterwards. */
export function generateSigningKey(random: Random): SigningKey {
  const seed = random.bytes(SEED_BYTES);
  const pkcs8 = Buffer.concat([PKCS8_PREFIX, seed]);
  try {
    return signingKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
  } finally {
    seed.fill(0);
    pkcs8.fill(0);
  }
}

/** A signing key with all that follows from its private part. */
export function signingKey(privateKey: KeyObject): SigningKey {
  const { crv, x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (crv !== 'Ed25519' || x === undefined) throw new TypeError('A signing key must be an Ed25519 key.');
  const kid = thumbprint(x);
  return { kid, privateKey, jwk: { kty: 'OKP', crv, kid, x, alg: 'EdDSA', use: 'sig' } };
}

/** SHA-256 thumbprint of an Ed25519 public key (RFC 7638 section 3, RFC 8037 appendix A.3). */
export const thumbprint = (x: string): string =>
  hash('sha256', `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`, 'base64url');

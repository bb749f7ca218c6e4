import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { VectorJwk } from './types.js';

/** A fixed Ed25519 key pair: the seed is the SHA-256 of its label, so every run makes the same one. */
export interface Signer {
  seed: Buffer;
  publicKey: Buffer;
  x: string;
  /** RFC 7638 thumbprint. */
  kid: string;
  sign(message: string | Uint8Array): Buffer;
}

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

export function base64url(data: string | Uint8Array): string {
  return Buffer.from(data).toString('base64url');
}

export function makeSigner(label: string): Signer {
  const seed = sha256(`kkp token vectors: ${label}`);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  const x = base64url(publicKey);
  return {
    seed,
    publicKey,
    x,
    kid: thumbprint(x),
    sign: (message) => sign(null, Buffer.from(message), privateKey),
  };
}

/** RFC 7638 section 3, for the members of RFC 8037 section 2. */
export function thumbprint(x: string): string {
  return base64url(sha256(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x })));
}

/** A public JWK as KKP publishes it; `changes` replace members, `undefined` removes one. */
export function publicJwk(signer: Signer, changes: VectorJwk = {}): VectorJwk {
  const jwk = { kty: 'OKP', crv: 'Ed25519', kid: signer.kid, x: signer.x, alg: 'EdDSA', use: 'sig' };
  return { ...jwk, ...changes };
}

/** Signs for most vectors. */
export const alice = makeSigner('alice');
/** Published with alg Ed25519 (RFC 9864). */
export const bob = makeSigner('bob');
/** Published without alg and use. */
export const carol = makeSigner('carol');
/** Published with the longest kid. */
export const dave = makeSigner('dave');
/** In no key set. */
export const mallory = makeSigner('mallory');

export const LONGEST_KID = 'k'.repeat(64);

const filler = (label: string, blocks: number) =>
  Buffer.concat(Array.from({ length: blocks }, (_, index) => sha256(`${label} ${index}`)));

/** The key set of tokens.json. From the fifth on, keys that no verifier may use, though their form is good. */
export const SHARED_KEYS: VectorJwk[] = [
  publicJwk(alice),
  publicJwk(bob, { alg: 'Ed25519' }),
  publicJwk(carol, { kid: 'carol_2026-11', alg: undefined, use: undefined }),
  publicJwk(dave, { kid: LONGEST_KID }),
  { kty: 'RSA', kid: 'rsa-1', n: base64url(filler('rsa', 8)), e: 'AQAB', alg: 'RS256', use: 'sig' },
  {
    kty: 'EC',
    crv: 'P-256',
    kid: 'ec-1',
    x: base64url(sha256('ec x')),
    y: base64url(sha256('ec y')),
    use: 'sig',
  },
  { kty: 'OKP', crv: 'X25519', kid: 'x25519-1', x: mallory.x, use: 'enc' },
  publicJwk(mallory, { kid: 'ed25519-for-encryption', use: 'enc' }),
];

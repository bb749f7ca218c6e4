import { decodeBase64url } from '../base64url.js';
import { isSafePoint } from '../crypto/safe-point.js';
import { KeySetError } from '../errors.js';
import { type JsonObject, isJsonObject } from '../strict-json.js';
import type { Ed25519Jwk } from '../types.js';

/** A key of a set, with the bytes of its `x`. */
export interface PublicKey {
  jwk: Ed25519Jwk;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The form of a `kid`, in keys and in tokens. */
export const KID = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The Ed25519 signing keys of a JWK Set. Keys of another `kty`, `crv` or `use` are passed over (RFC 7517 section 5);
 * one faulty Ed25519 key spoils the set: KeySetError.
 */
export function readPublicKeys(jwks: unknown): PublicKey[] {
  const members = isJsonObject(jwks) ? jwks.keys : undefined;
  if (!Array.isArray(members)) throw new KeySetError('A JWK Set is an object whose member keys is an array.');
  const kids = new Set<string>();
  return members.flatMap((member: unknown, index) => {
    const where = `keys[${index}]`;
    if (!isJsonObject(member)) throw new KeySetError(`${where} is not an object.`);
    if (!isForSignatures(member)) return [];
    const key = readKey(member, where);
    if (kids.has(key.jwk.kid)) throw new KeySetError(`${where}: its kid came before.`);
    kids.add(key.jwk.kid);
    return [key];
  });
}

function isForSignatures({ kty, crv, use }: JsonObject): boolean {
  return kty === 'OKP' && crv === 'Ed25519' && (use === undefined || use === 'sig');
}

function readKey(member: JsonObject, where: string): PublicKey {
  const { kid, x, alg, use } = member;
  if ('d' in member)
    throw new KeySetError(`${where} is a private key (member d): only public keys belong here.`);
  if (alg !== undefined && alg !== 'EdDSA' && alg !== 'Ed25519') {
    throw new KeySetError(`${where}: alg must be EdDSA or Ed25519.`);
  }
  if (typeof kid !== 'string' || !KID.test(kid)) {
    throw new KeySetError(`${where}: kid must be 1 to 64 characters of A-Z a-z 0-9 _ -.`);
  }
  const bytes = typeof x === 'string' ? decodeBase64url(x) : undefined;
  if (typeof x !== 'string' || bytes?.length !== 32) {
    throw new KeySetError(`${where}: x must be 32 bytes in base64url without padding.`);
  }
  if (!isSafePoint(bytes)) {
    throw new KeySetError(`${where}: x is a point of small order or not in canonical form.`);
  }
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', kid, x };
  if (alg !== undefined) jwk.alg = alg;
  if (use !== undefined) jwk.use = 'sig';
  return { jwk, bytes };
}

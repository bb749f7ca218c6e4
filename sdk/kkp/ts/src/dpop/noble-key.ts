import { getPublicKeyAsync, signAsync, utils } from '@noble/ed25519';
import { encodeBase64url } from '../base64url.js';
import { type DpopKey, notAKey } from './key.js';

/** A fresh Ed25519 key in JavaScript, for platforms without it. */
export function makeNobleKey(): Promise<DpopKey> {
  return nobleKeyOf(utils.randomSecretKey());
}

/** Throws TypeError when `x` is there and not the public half of `secret`. */
export async function nobleKeyOf(secret: Uint8Array, x?: string): Promise<DpopKey> {
  const own = encodeBase64url(await getPublicKeyAsync(secret));
  if (x !== undefined && x !== own) throw notAKey();
  return {
    alg: 'EdDSA',
    publicJwk: { kty: 'OKP', crv: 'Ed25519', x: own },
    sign: (message) => signAsync(message, secret),
  };
}

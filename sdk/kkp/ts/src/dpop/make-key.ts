import { decodeBase64url } from '../base64url.js';
import { supportsWebCryptoEd25519 } from '../crypto/webcrypto.js';
import type { JsonObject } from '../strict-json.js';
import type { DpopPublicJwk } from './jwk.js';
import { type DpopAlgorithm, type DpopKey, algorithmOf, notAKey, readPublicJwk } from './key.js';
import { makeNobleKey, nobleKeyOf } from './noble-key.js';

const GENERATED = { ES256: { name: 'ECDSA', namedCurve: 'P-256' }, EdDSA: 'Ed25519' } as const;
const SIGNED = { ES256: { name: 'ECDSA', hash: 'SHA-256' }, EdDSA: 'Ed25519' } as const;
const PROBE = new TextEncoder().encode('kkp-sdk');

/**
 * A fresh key, for as long as the page or process lives. WebCrypto holds it and does not give it out; only for EdDSA, and
 * where WebCrypto has no Ed25519, is it in the memory of this program, with `@noble/ed25519`.
 */
export async function generateDpopKey(alg: DpopAlgorithm = 'ES256'): Promise<DpopKey> {
  checkAlgorithm(alg);
  if (alg === 'EdDSA' && !(await supportsWebCryptoEd25519())) return makeNobleKey();
  const pair = await crypto.subtle.generateKey(GENERATED[alg], false, ['sign', 'verify']);
  return ofPair(pair as CryptoKeyPair);
}

/**
 * A key that there is already: a pair of WebCrypto, which a page can keep in IndexedDB, or a private JWK (kty OKP and crv
 * Ed25519, or kty EC and crv P-256). Throws TypeError for anything else, and for halves that do not belong together.
 */
export async function importDpopKey(key: CryptoKeyPair | (DpopPublicJwk & { d: string })): Promise<DpopKey> {
  return 'privateKey' in key ? ofPair(key) : ofJwk(key);
}

async function ofJwk(jwk: JsonObject): Promise<DpopKey> {
  const publicJwk = readPublicJwk(jwk);
  const secret = typeof jwk.d === 'string' ? decodeBase64url(jwk.d) : undefined;
  if (typeof jwk.d !== 'string' || secret?.length !== 32) throw notAKey();
  const alg = algorithmOf(publicJwk);
  if (alg === 'EdDSA' && !(await supportsWebCryptoEd25519())) return nobleKeyOf(secret, publicJwk.x);
  const { subtle } = crypto;
  // What the platform says of a bad key may quote it.
  const [privateKey, publicKey] = await Promise.all([
    subtle.importKey('jwk', { ...publicJwk, d: jwk.d }, GENERATED[alg], false, ['sign']),
    subtle.importKey('jwk', publicJwk, GENERATED[alg], true, ['verify']),
  ]).catch(() => {
    throw notAKey();
  });
  return ofPair({ privateKey, publicKey });
}

async function ofPair({ privateKey, publicKey }: CryptoKeyPair): Promise<DpopKey> {
  const { subtle } = crypto;
  const publicJwk = readPublicJwk(await subtle.exportKey('jwk', publicKey));
  const alg = algorithmOf(publicJwk);
  const sign = async (message: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await subtle.sign(SIGNED[alg], privateKey, message));
  // Tokens that are bound to the wrong half could never be used.
  if (!(await subtle.verify(SIGNED[alg], publicKey, await sign(PROBE), PROBE))) throw notAKey();
  return { alg, publicJwk, sign };
}

function checkAlgorithm(alg: DpopAlgorithm): void {
  if (!Object.hasOwn(GENERATED, alg)) throw new TypeError('alg must be ES256 or EdDSA');
}

import { encodeBase64url } from '../base64url.js';
import { type JsonObject } from '../strict-json.js';

/** The public half of a key that tokens can be bound to: RFC 8037 section 2, or RFC 7518 section 6.2. */
export type DpopPublicJwk =
  { kty: 'OKP'; crv: 'Ed25519'; x: string } | { kty: 'EC'; crv: 'P-256'; x: string; y: string };

/** What each kind of key is made of, in the order of RFC 7638 section 3.3. */
const MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
]);

/**
 * The SHA-256 thumbprint of a key (RFC 7638), base64url: what `cnf.jkt` of a token holds. A private key has that of its
 * public half. Throws TypeError for what is no JWK of type EC, OKP or RSA.
 */
export async function jwkThumbprint(jwk: object): Promise<string> {
  const key = jwk as JsonObject;
  const members = (MEMBERS.get(key.kty) ?? []).map((name) => [name, key[name]]);
  if (members.length === 0 || !members.every(([, value]) => typeof value === 'string' && value !== '')) {
    throw new TypeError('jwk must be a key of type EC, OKP or RSA with all its public members');
  }
  return sha256(JSON.stringify(Object.fromEntries(members)));
}

/** Of a text in UTF-8, as base64url. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return encodeBase64url(new Uint8Array(digest));
}

import type { JSONWebKeySet, JWK } from 'jose';
import { decodeBase64url } from '../../base64url.js';
import { isSoundPoint } from '../../ed25519-point.js';
import { isJsonObject } from '../../strict-json.js';
import type { JsonObject } from './compact.js';

const TYPES: readonly unknown[] = ['EC', 'OKP', 'RSA'];
const PRIVATE = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

/**
 * The keys of a JWK set (RFC 7517 section 5) that may verify a credential. Passed over, so that one bad key is no outage, and that
 * its credentials are refused: keys of another use or type, secret and private keys, keys without `kid`, Ed25519 points that are
 * not canonical or of small order (one fixed signature verifies everything).
 * @param use the `use` that signing keys of this kind of set have
 * @throws Error when it is no JWK set
 */
export function jwksOf(set: JsonObject, use: 'sig' | 'jwt-svid'): JSONWebKeySet {
  if (!Array.isArray(set.keys)) throw new Error('The issuer published something else than a JWK set.');
  const usable = set.keys.filter((key): key is JsonObject => isJsonObject(key) && isUsable(key, use));
  return { keys: usable.map(asSigningKey) };
}

function isUsable(key: JsonObject, use: 'sig' | 'jwt-svid'): boolean {
  if (typeof key.kid !== 'string' || !TYPES.includes(key.kty)) return false;
  if (PRIVATE.some((member) => Object.hasOwn(key, member))) return false;
  // A JWK need not say its use (RFC 7517 section 4.2); one of a SPIFFE bundle must (JWT-SVID section 5).
  if (key.use !== use && !(key.use === undefined && use === 'sig')) return false;
  return key.kty !== 'OKP' || isSoundEd25519(key);
}

function isSoundEd25519({ crv, x }: JsonObject): boolean {
  const point = typeof x === 'string' ? decodeBase64url(x) : undefined;
  return crv === 'Ed25519' && point !== undefined && isSoundPoint(point);
}

/** Without `use`, of which jose takes "sig" only, and without what does not decide, such as chains of certificates. */
const asSigningKey = ({ kid, kty, alg, crv, x, y, n, e, key_ops }: JsonObject): JWK =>
  Object.fromEntries(
    Object.entries({ kid, kty, alg, crv, x, y, n, e, key_ops }).filter(([, value]) => value !== undefined),
  );

import { isName, isString, isTime } from '../shapes.js';
import { type JsonObject, isJsonObject } from '../strict-json.js';
import type { TokenClaims } from '../types.js';
import { isWellFormedClaim } from './optional-claims.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const CLAIMS: Record<string, (value: unknown) => boolean> = {
  sub: isName,
  aud: isName,
  backend: isName,
  key_id: isName,
  policy_claims: isJsonObject,
  exp: isTime,
  iat: isTime,
  jti: (value) => isString(value) && UUID.test(value),
};

/** Whether all eight claims are there with their types, and the optional ones that are there have theirs. */
export function hasTokenClaims(payload: JsonObject): payload is TokenClaims {
  return (
    Object.entries(CLAIMS).every(([name, isValid]) => isValid(payload[name])) &&
    Object.entries(payload).every(isWellFormedClaim)
  );
}

/** Whether every member is one of the eight claims or of `extraClaims`. */
export function hasOnlyClaims(payload: JsonObject, extraClaims: readonly string[]): boolean {
  return Object.keys(payload).every((name) => Object.hasOwn(CLAIMS, name) || extraClaims.includes(name));
}

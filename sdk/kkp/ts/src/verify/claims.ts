import { type JsonObject, isJsonObject } from '../strict-json.js';
import type { TokenClaims } from '../types.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const CLAIMS: Record<string, (value: unknown) => boolean> = {
  sub: isNonEmptyString,
  aud: isNonEmptyString,
  backend: isNonEmptyString,
  key_id: isNonEmptyString,
  policy_claims: isJsonObject,
  exp: isTime,
  iat: isTime,
  jti: (value) => typeof value === 'string' && UUID.test(value),
};

/** Whether all eight claims are there with their types. */
export function hasTokenClaims(payload: JsonObject): payload is TokenClaims {
  return Object.entries(CLAIMS).every(([name, isValid]) => isValid(payload[name]));
}

/** Whether every member is one of the eight claims or of `extraClaims`. */
export function hasOnlyClaims(payload: JsonObject, extraClaims: readonly string[]): boolean {
  return Object.keys(payload).every((name) => Object.hasOwn(CLAIMS, name) || extraClaims.includes(name));
}

function isNonEmptyString(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** Unix seconds: a number whose value is an integer from 0 to 2^53 - 1. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

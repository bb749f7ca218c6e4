import { decodeBase64url } from '../base64url.js';
import { isJsonObject } from '../strict-json.js';

const TOKEN_USES: readonly unknown[] = ['decrypt', 'encrypt', 'rewrap', 'data_key'];
const ACTOR_MEMBERS = ['sub', 'iss', 'act'];
const MAX_ACTORS = 4;

const SHAPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  iss: isName,
  client_id: isName,
  nbf: isTime,
  ops: isOps,
  cnf: isConfirmation,
  act: (value) => isActor(value, MAX_ACTORS),
};

/** Whether a claim is not one of those that a token may have beside its own eight, or has the type of that one. */
export function isWellFormedClaim([name, value]: [string, unknown]): boolean {
  return !Object.hasOwn(SHAPES, name) || SHAPES[name]?.(value) === true;
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Unix seconds: a number whose value is an integer from 0 to 2^53 - 1. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A non-empty list of uses, none of them twice. */
function isOps(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    new Set(value).size === value.length &&
    value.every((use) => TOKEN_USES.includes(use))
  );
}

/** Exactly one SHA-256, of a DPoP key (RFC 9449 section 6.1) or of a certificate (RFC 8705 section 3.1). */
function isConfirmation(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const [[name, hash] = [], another] = Object.entries(value);
  const isKnown = name === 'jkt' || name === 'x5t#S256';
  return another === undefined && isKnown && typeof hash === 'string' && decodeBase64url(hash)?.length === 32;
}

/** Who acts, for whom, and so on (RFC 8693 section 4.1), at most `most` of them. */
function isActor(value: unknown, most: number): boolean {
  if (most === 0 || !isJsonObject(value)) return false;
  return (
    Object.keys(value).every((name) => ACTOR_MEMBERS.includes(name)) &&
    isName(value.sub) &&
    (value.iss === undefined || isName(value.iss)) &&
    (value.act === undefined || isActor(value.act, most - 1))
  );
}

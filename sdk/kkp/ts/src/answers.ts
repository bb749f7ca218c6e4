import { decodeBase64url } from './base64url.js';
import { type ApiErrorCode, KkpApiError, KkpProtocolError } from './errors.js';
import { type JsonObject, isJsonObject, parseStrictJson } from './strict-json.js';
import type { Answer } from './transport.js';
import type { DecryptResult, EncryptResult, Envelope, IssuedToken, RotatedKey } from './types.js';
import { hasTokenClaims } from './verify/claims.js';

// A token's payload may be 32 deep, and answers carry it inside an object.
const MAX_DEPTH = 64;

/** `application/json` and its relatives (RFC 6839): problem+json, jwk-set+json. */
const JSON_TYPE = /^application\/([a-z0-9.-]+\+)?json *(;|$)/i;

const API_ERROR_CODES: readonly string[] = [
  'invalid_request',
  'envelope_error',
  'kms_error',
  'invalid_token',
  'policy_denied',
  'not_found',
  'method_not_allowed',
  'rate_limited',
  'internal_error',
] satisfies ApiErrorCode[];

/** The JSON object of a 2xx answer; throws KkpApiError for any other status. */
export function readObject(answer: Answer): JsonObject {
  if (answer.status < 200 || answer.status > 299) throw toApiError(answer);
  const body = parseBody(answer);
  if (!body) throw new KkpProtocolError('The answer is not a JSON object.');
  return body;
}

export function readIssuedToken({ token, expires_at, kid }: JsonObject): IssuedToken {
  if (!isString(token) || !isTime(expires_at) || !isString(kid)) throw unexpected('POST /token');
  return { token, expires_at, kid };
}

export function readRotatedKey({ kid, expires_at }: JsonObject): RotatedKey {
  if (!isString(kid) || !isTime(expires_at)) throw unexpected('POST /keys/rotate');
  return { kid, expires_at };
}

export function readEnvelope({ envelope }: JsonObject): EncryptResult {
  if (!isJsonObject(envelope)) throw unexpected('POST /envelope/encrypt');
  const { backend, key_id, ciphertext, nonce, encrypted_data_key, associated_data } = envelope;
  const strings = [backend, key_id, ciphertext, nonce, encrypted_data_key, associated_data ?? ''];
  if (!strings.every(isString)) throw unexpected('POST /envelope/encrypt');
  const members = { backend, key_id, ciphertext, nonce, encrypted_data_key } as Envelope;
  return { envelope: isString(associated_data) ? { ...members, associated_data } : members };
}

export function readDecrypted(
  { plaintext, plaintext_base64, claims }: JsonObject,
  encoding: 'utf8' | 'base64',
): DecryptResult<string | Uint8Array> {
  const decoded =
    encoding === 'utf8' ? plaintext : isString(plaintext_base64) && decodeBase64url(plaintext_base64);
  const isPlaintext = isString(decoded) || decoded instanceof Uint8Array;
  if (!isPlaintext || !isJsonObject(claims) || !hasTokenClaims(claims))
    throw unexpected('POST /envelope/decrypt');
  return { plaintext: decoded, claims };
}

function unexpected(route: string): KkpProtocolError {
  return new KkpProtocolError(`The answer of ${route} lacks a member or has one of another type.`);
}

function toApiError(answer: Answer): KkpApiError {
  const { status, headers } = answer;
  const { error, message, instance } = parseBody(answer) ?? {};
  const isKkp = isString(error) && isString(message);
  const retryAfter = headers.get('retry-after') ?? '';
  return new KkpApiError(isKkp ? message : `The server answered ${status} without saying why.`, {
    code: isKkp && isApiErrorCode(error) ? error : 'unknown_error',
    status,
    ...(isString(instance) && { instance }),
    ...(/^\d{1,9}$/.test(retryAfter) && { retryAfterSeconds: Number(retryAfter) }),
  });
}

function parseBody({ headers, body }: Answer): JsonObject | undefined {
  const type = headers.get('content-type') ?? '';
  if (!JSON_TYPE.test(type)) return undefined;
  try {
    return parseStrictJson(body, MAX_DEPTH);
  } catch {
    return undefined;
  }
}

function isApiErrorCode(code: string): code is ApiErrorCode {
  return API_ERROR_CODES.includes(code);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

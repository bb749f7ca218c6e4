import { decodeBase64url } from './base64url.js';
import { isProblem, problemError } from './api-errors.js';
import { type KkpApiError, KkpProtocolError } from './errors.js';
import { isString, isTime } from './shapes.js';
import { type JsonObject, isJsonObject, parseStrictJson } from './strict-json.js';
import type { Answer } from './transport.js';
import type {
  DataKey,
  DataKeyRequest,
  DecryptRequest,
  DecryptResult,
  EncryptResult,
  Envelope,
  Introspection,
  IssuedToken,
  Revoked,
  RotatedKey,
} from './types.js';
import { hasTokenClaims } from './verify/claims.js';

// A token's payload may be 32 deep, and answers carry it inside an object.
const MAX_DEPTH = 64;

/** `application/json` and its relatives (RFC 6839): problem+json, jwk-set+json. */
const JSON_TYPE = /^application\/([a-z0-9.-]+\+)?json *(;|$)/i;

/** The JSON object of a 2xx answer; throws KkpApiError, as `toError` makes it, for any other status. */
export function readObject(answer: Answer, toError = problemError): JsonObject {
  const body = parseBody(answer);
  checkStatus(answer, body, toError);
  if (!body) throw new KkpProtocolError('The answer is not a JSON object.');
  return body;
}

/** Of an answer whose body says nothing when all is well: throws what `readObject` throws for a failure. */
export function readNothing(answer: Answer, toError: typeof problemError): void {
  checkStatus(answer, parseBody(answer), toError);
}

function checkStatus(answer: Answer, body: JsonObject = {}, toError: typeof problemError): void {
  const { status } = answer;
  if (status >= 200 && status <= 299) return;
  throw toError({ status, body, retryAfterSeconds: retryAfter(answer) });
}

export function readIssuedToken({ token, expires_at, kid }: JsonObject): IssuedToken {
  if (!isString(token) || !isTime(expires_at) || !isString(kid)) throw unexpected('POST /token');
  return { token, expires_at, kid };
}

export function readRotatedKey({ kid, expires_at }: JsonObject): RotatedKey {
  if (!isString(kid) || !isTime(expires_at)) throw unexpected('POST /keys/rotate');
  return { kid, expires_at };
}

export function readRevoked({ rule, expires_at }: JsonObject): Revoked {
  if (!isJsonObject(rule) || !isTime(expires_at)) throw unexpected('POST /revoke');
  return { rule, expires_at };
}

export function readIntrospection(body: JsonObject): Introspection {
  if (body.active === false) return { active: false };
  if (body.active !== true || !hasTokenClaims(body)) throw unexpected('POST /introspect');
  return { ...body, active: true };
}

export function readEnvelope({ envelope }: JsonObject, route: string): EncryptResult {
  if (!isJsonObject(envelope)) throw unexpected(route);
  const { backend, key_id, ciphertext, nonce, encrypted_data_key, associated_data } = envelope;
  const strings = [backend, key_id, ciphertext, nonce, encrypted_data_key, associated_data ?? ''];
  if (!strings.every(isString)) throw unexpected(route);
  const members = { backend, key_id, ciphertext, nonce, encrypted_data_key } as Envelope;
  return { envelope: isString(associated_data) ? { ...members, associated_data } : members };
}

/** The envelope alone where the plaintext was not asked for. */
export function readDataKey(
  { plaintext_base64, ...members }: JsonObject,
  { bytes = 32, include_plaintext = true }: DataKeyRequest,
): EncryptResult | DataKey {
  const { envelope } = readEnvelope(members, 'POST /datakey');
  if (!include_plaintext) return { envelope };
  const plaintext = isString(plaintext_base64) && decodeBase64url(plaintext_base64);
  if (!plaintext || plaintext.length !== bytes) throw unexpected('POST /datakey');
  return { envelope, plaintext };
}

export function readDecrypted(
  { plaintext, plaintext_base64, claims }: JsonObject,
  { encoding = 'utf8' }: Pick<DecryptRequest, 'encoding'>,
): DecryptResult<string | Uint8Array> {
  const decoded =
    encoding === 'utf8' ? plaintext : isString(plaintext_base64) && decodeBase64url(plaintext_base64);
  const isPlaintext = isString(decoded) || decoded instanceof Uint8Array;
  if (!isPlaintext || !isJsonObject(claims) || !hasTokenClaims(claims))
    throw unexpected('POST /envelope/decrypt');
  return { plaintext: decoded, claims };
}

/** One result or error for each of `requests`, read as the single route's answer is. */
export function readBatch<Request, Result>(
  { results }: JsonObject,
  requests: readonly Request[],
  read: (body: JsonObject, request: Request) => Result,
  route: string,
): (Result | KkpApiError)[] {
  if (!Array.isArray(results) || results.length !== requests.length) throw unexpected(route);
  return requests.map((request, index) => {
    const item: unknown = results[index];
    if (!isJsonObject(item) || !isJsonObject(item.body)) throw unexpected(route);
    if (item.status === 200) return read(item.body, request);
    const { status, body, retry_after_seconds: retryAfter } = item;
    const isFailure = isTime(status) && status >= 400 && status <= 599 && isProblem(body);
    const isTimed = retryAfter === undefined || isTime(retryAfter);
    if (!isFailure || !isTimed) throw unexpected(route);
    return problemError({ status, body, retryAfterSeconds: retryAfter });
  });
}

export function unexpected(route: string): KkpProtocolError {
  return new KkpProtocolError(`The answer of ${route} lacks a member or has one of another type.`);
}

function retryAfter({ headers }: Answer): number | undefined {
  const text = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
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

import {
  readBatch,
  readDataKey,
  readDecrypted,
  readEnvelope,
  readIntrospection,
  readIssuedToken,
  readObject,
  readRevoked,
  readRotatedKey,
} from './answers.js';
import { encodeBase64url } from './base64url.js';
import { type Authorize, type Credentials, makeAuthorize } from './credentials.js';
import type { KkpApiError } from './errors.js';
import { readPublicKeys } from './jwks/read.js';
import type { OpenDataKey } from './stream/decrypt.js';
import type { JsonObject } from './strict-json.js';
import { type Fetch, checkTimeout, checkUrl, send } from './transport.js';
import type {
  DataKey,
  DataKeyRequest,
  DecryptRequest,
  DecryptResult,
  EncryptRequest,
  EncryptResult,
  Introspection,
  IssueTokenRequest,
  IssuedToken,
  Jwks,
  Revoked,
  RevokeRequest,
  RewrapRequest,
  RotatedKey,
} from './types.js';

export interface KkpClientOptions {
  /** Where the routes begin, as `https://kkp.example` or `https://example.com/kkp`. */
  baseUrl: string | URL;
  /** For each call, its answer's body included; default 10000. */
  timeoutMs?: number;
  /** Default: the global `fetch`. */
  fetch?: Fetch;
  /** Sent with each call. */
  headers?: Record<string, string>;
  /** Who calls: a bearer token, a function that gives one for each call, or `{ apiKey }`. Public keys are fetched without. */
  credentials?: Credentials;
}

export interface CallOptions {
  /** Ends the call: KkpAbortError. */
  signal?: AbortSignal | undefined;
  /** Instead of the client's. */
  timeoutMs?: number;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * The routes of a KKP server. Every call throws a KkpError: KkpApiError for an error answer (KkpUnauthenticatedError where
 * the credential is missing or not good), KkpCredentialsError, KkpTimeoutError, KkpAbortError, KkpConnectionError, or KkpProtocolError for an answer that is not KKP's. Nothing is tried twice.
 */
export class KkpClient {
  readonly #baseUrl: URL;
  readonly #timeoutMs: number;
  readonly #fetch: Fetch;
  readonly #headers: Headers;
  readonly #authorize: Authorize | undefined;

  constructor({ baseUrl, timeoutMs = 10_000, fetch, headers = {}, credentials }: KkpClientOptions) {
    this.#baseUrl = checkUrl('baseUrl', baseUrl);
    this.#timeoutMs = checkTimeout(timeoutMs);
    this.#fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#headers = new Headers(headers);
    this.#authorize = credentials === undefined ? undefined : makeAuthorize(credentials, this.#headers);
  }

  async issueToken(request: IssueTokenRequest, options?: CallOptions): Promise<IssuedToken> {
    return readIssuedToken(await this.#post('token', request, options));
  }

  async encrypt(request: EncryptRequest, options?: CallOptions): Promise<EncryptResult> {
    const path = 'envelope/encrypt';
    return readEnvelope(await this.#post(path, encryptBody(request), options), `POST /${path}`);
  }

  /** Bytes for `encoding: 'base64'`, else text; plaintext that is not UTF-8 asked for as text is an `envelope_error`. */
  async decrypt(
    request: DecryptRequest & { encoding: 'base64' },
    options?: CallOptions,
  ): Promise<DecryptResult<Uint8Array>>;
  async decrypt(
    request: DecryptRequest & { encoding?: 'utf8' },
    options?: CallOptions,
  ): Promise<DecryptResult>;
  async decrypt(request: DecryptRequest, options?: CallOptions): Promise<DecryptResult<string | Uint8Array>>;
  async decrypt(request: DecryptRequest, options?: CallOptions): Promise<DecryptResult<string | Uint8Array>> {
    return readDecrypted(await this.#post('envelope/decrypt', request, options), request);
  }

  /** Moves an envelope to the current version of its key, or to another key, inside KKP; its plaintext stays there. */
  async rewrap(request: RewrapRequest, options?: CallOptions): Promise<EncryptResult> {
    const path = 'envelope/rewrap';
    return readEnvelope(await this.#post(path, request, options), `POST /${path}`);
  }

  /** A fresh key to encrypt with here (`encryptStream`, `encryptBytes`), and its envelope. */
  async createDataKey(
    request: DataKeyRequest & { include_plaintext: false },
    options?: CallOptions,
  ): Promise<EncryptResult>;
  async createDataKey(
    request: DataKeyRequest & { include_plaintext?: true },
    options?: CallOptions,
  ): Promise<DataKey>;
  async createDataKey(request: DataKeyRequest, options?: CallOptions): Promise<EncryptResult | DataKey>;
  async createDataKey(request: DataKeyRequest, options?: CallOptions): Promise<EncryptResult | DataKey> {
    return readDataKey(await this.#post('datakey', request, options), request);
  }

  /** What `decryptStream` and `decryptBytes` open data keys with: `decrypt` under this token. */
  dataKeyOpener(request: Omit<DecryptRequest, 'envelope' | 'encoding'>, options?: CallOptions): OpenDataKey {
    return async (envelope) =>
      (await this.decrypt({ ...request, envelope, encoding: 'base64' }, options)).plaintext;
  }

  /** 1 to 100 requests in one call. One that fails has a KkpApiError in its place, and does not touch the others. */
  async encryptBatch(
    requests: readonly EncryptRequest[],
    options?: CallOptions,
  ): Promise<(EncryptResult | KkpApiError)[]> {
    const read = (body: JsonObject) => readEnvelope(body, 'POST /envelope/encrypt/batch');
    return this.#batch('envelope/encrypt/batch', requests.map(encryptBody), read, options);
  }

  /** As `encryptBatch`; each plaintext is text or bytes by the `encoding` of its request. */
  async decryptBatch(
    requests: readonly DecryptRequest[],
    options?: CallOptions,
  ): Promise<(DecryptResult<string | Uint8Array> | KkpApiError)[]> {
    return this.#batch('envelope/decrypt/batch', requests, readDecrypted, options);
  }

  /** As `encryptBatch`. */
  async rewrapBatch(
    requests: readonly RewrapRequest[],
    options?: CallOptions,
  ): Promise<(EncryptResult | KkpApiError)[]> {
    const read = (body: JsonObject) => readEnvelope(body, 'POST /envelope/rewrap/batch');
    return this.#batch('envelope/rewrap/batch', requests, read, options);
  }

  /** As `encryptBatch`; a result has `plaintext` where its request does not say otherwise. */
  async createDataKeyBatch(
    requests: readonly DataKeyRequest[],
    options?: CallOptions,
  ): Promise<(EncryptResult | DataKey | KkpApiError)[]> {
    return this.#batch('datakey/batch', requests, readDataKey, options);
  }

  /** The public keys now; throws KeySetError when one must not be trusted. To verify tokens over time: `createRemoteJwks`. */
  async fetchJwks(options?: CallOptions): Promise<Jwks> {
    const jwks = await this.#call('GET', 'keys/jwks', undefined, options);
    return { keys: readPublicKeys(jwks).map(({ jwk }) => jwk) };
  }

  /** Makes the next signing key active; too often gives `rate_limited` with `retryAfterSeconds`. */
  async rotate(options?: CallOptions): Promise<RotatedKey> {
    return readRotatedKey(await this.#post('keys/rotate', {}, options));
  }

  /** Takes tokens back, by exactly one rule. */
  async revoke(rule: RevokeRequest, options?: CallOptions): Promise<Revoked> {
    return readRevoked(await this.#post('revoke', rule, options));
  }

  /** What a token says, if it is good; `verifyToken` finds out offline, but for revocations. */
  async introspect(token: string, options?: CallOptions): Promise<Introspection> {
    return readIntrospection(await this.#post('introspect', { token }, options));
  }

  async #batch<Request extends object, Result>(
    path: string,
    items: readonly Request[],
    read: (body: JsonObject, request: Request) => Result,
    options: CallOptions | undefined,
  ): Promise<(Result | KkpApiError)[]> {
    return readBatch(await this.#post(path, { items }, options), items, read, `POST /${path}`);
  }

  #post(path: string, body: object, options: CallOptions | undefined): Promise<JsonObject> {
    return this.#call('POST', path, body, options);
  }

  async #call(method: string, path: string, body?: object, options: CallOptions = {}): Promise<JsonObject> {
    const headers = new Headers(this.#headers);
    headers.set('accept', 'application/json');
    if (body) headers.set('content-type', 'application/json');
    const answer = await send(this.#fetch, {
      url: this.#baseUrl.href.replace(/\/*$/, '/') + path,
      init: { method, headers, body: body ? JSON.stringify(body) : null },
      timeoutMs: checkTimeout(options.timeoutMs ?? this.#timeoutMs),
      maxBytes: MAX_ANSWER_BYTES,
      signal: options.signal,
      authorize: method === 'GET' ? undefined : this.#authorize,
    });
    return readObject(answer);
  }
}

/** Bytes travel as base64url in a member of their own. */
function encryptBody({ plaintext, ...rest }: EncryptRequest): object {
  if (typeof plaintext === 'string') return { ...rest, plaintext };
  return { ...rest, plaintext_base64: encodeBase64url(plaintext) };
}

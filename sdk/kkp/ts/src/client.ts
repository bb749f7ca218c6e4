import { readDecrypted, readEnvelope, readIssuedToken, readObject, readRotatedKey } from './answers.js';
import { encodeBase64url } from './base64url.js';
import { readPublicKeys } from './jwks/read.js';
import type { JsonObject } from './strict-json.js';
import { type Fetch, checkTimeout, checkUrl, send } from './transport.js';
import type {
  DecryptRequest,
  DecryptResult,
  EncryptRequest,
  EncryptResult,
  IssueTokenRequest,
  IssuedToken,
  Jwks,
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
}

export interface CallOptions {
  /** Ends the call: KkpAbortError. */
  signal?: AbortSignal | undefined;
  /** Instead of the client's. */
  timeoutMs?: number;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * The routes of a KKP server. Every call throws a KkpError: KkpApiError for an error answer, KkpTimeoutError, KkpAbortError,
 * KkpConnectionError, or KkpProtocolError for an answer that is not KKP's. Nothing is tried twice.
 */
export class KkpClient {
  readonly #baseUrl: URL;
  readonly #timeoutMs: number;
  readonly #fetch: Fetch;
  readonly #headers: Headers;

  constructor({ baseUrl, timeoutMs = 10_000, fetch, headers = {} }: KkpClientOptions) {
    this.#baseUrl = checkUrl('baseUrl', baseUrl);
    this.#timeoutMs = checkTimeout(timeoutMs);
    this.#fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#headers = new Headers(headers);
  }

  async issueToken(request: IssueTokenRequest, options?: CallOptions): Promise<IssuedToken> {
    return readIssuedToken(await this.#call('POST', 'token', request, options));
  }

  async encrypt(request: EncryptRequest, options?: CallOptions): Promise<EncryptResult> {
    const { plaintext, ...rest } = request;
    const member =
      typeof plaintext === 'string' ? { plaintext } : { plaintext_base64: encodeBase64url(plaintext) };
    return readEnvelope(await this.#call('POST', 'envelope/encrypt', { ...rest, ...member }, options));
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
    return readDecrypted(
      await this.#call('POST', 'envelope/decrypt', request, options),
      request.encoding ?? 'utf8',
    );
  }

  /** The public keys now; throws KeySetError when one must not be trusted. To verify tokens over time: `createRemoteJwks`. */
  async fetchJwks(options?: CallOptions): Promise<Jwks> {
    const jwks = await this.#call('GET', 'keys/jwks', undefined, options);
    return { keys: readPublicKeys(jwks).map(({ jwk }) => jwk) };
  }

  /** Makes the next signing key active; too often gives `rate_limited` with `retryAfterSeconds`. */
  async rotate(options?: CallOptions): Promise<RotatedKey> {
    return readRotatedKey(await this.#call('POST', 'keys/rotate', {}, options));
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
    });
    return readObject(answer);
  }
}

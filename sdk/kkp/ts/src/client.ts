import {
  readBatch,
  readDataKey,
  readDecrypted,
  readEnvelope,
  readIntrospection,
  readIssuedToken,
  readNothing,
  readRevoked,
  readRotatedKey,
} from './answers.js';
import { oauthError } from './api-errors.js';
import { encodeBase64url } from './base64url.js';
import { type CallOptions, Connection, type KkpClientOptions } from './connection.js';
import type { KkpApiError } from './errors.js';
import { readPublicKeys } from './jwks/read.js';
import { readExchanged, readGranted } from './oauth/answers.js';
import { exchangeForm, grantForm, toForm } from './oauth/form.js';
import type { ExchangeTokenRequest, ExchangedToken, GrantTokenRequest, GrantedToken } from './oauth/types.js';
import type { TokenPlace } from './shown-token.js';
import type { OpenDataKey } from './stream/decrypt.js';
import type { JsonObject } from './strict-json.js';
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

const OAUTH_TOKEN = 'oauth/token';

/**
 * The routes of a KKP server. Every call throws a KkpError: KkpApiError for an error answer (KkpUnauthenticatedError where
 * the credential is missing or not good), KkpCredentialsError, KkpTimeoutError, KkpAbortError, KkpConnectionError, or KkpProtocolError for an answer that is not KKP's. Nothing is tried twice.
 */
export class KkpClient {
  readonly #connection: Connection;

  constructor(options: KkpClientOptions) {
    this.#connection = new Connection(options);
  }

  /** With the option `dpop`, and without a `cnf` of the request, the token is bound to that key. */
  async issueToken(request: IssueTokenRequest, options?: CallOptions): Promise<IssuedToken> {
    const cnf = request.cnf ?? (await this.#connection.confirmation());
    return readIssuedToken(
      await this.#connection.post('token', { ...request, ...(cnf && { cnf }) }, options),
    );
  }

  /** A token for the caller itself, as OAuth has it. With the option `dpop` it is bound to that key; a client certificate binds it too. */
  async grantToken(request: GrantTokenRequest, options?: CallOptions): Promise<GrantedToken> {
    const { answer, type } = await this.#connection.postAsking(
      OAUTH_TOKEN,
      grantForm(request),
      undefined,
      options,
    );
    return readGranted(answer, type);
  }

  /**
   * A token in exchange for another: a KKP token, of which less can be made, or a JWT of an issuer that the server knows. Whoever
   * the credential of this client names will act for the subject. Bound as one of `grantToken`.
   */
  async exchangeToken(request: ExchangeTokenRequest, options?: CallOptions): Promise<ExchangedToken> {
    const { subject_token: subject } = request;
    const form = exchangeForm(request);
    const { answer, type } = await this.#connection.postAsking(OAUTH_TOKEN, form, subject, options);
    return readExchanged(answer, type);
  }

  async encrypt(request: EncryptRequest, options?: CallOptions): Promise<EncryptResult> {
    const path = 'envelope/encrypt';
    return readEnvelope(await this.#show(path, 'header', encryptBody(request), options), `POST /${path}`);
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
    return readDecrypted(await this.#show('envelope/decrypt', 'body', request, options), request);
  }

  /** Moves an envelope to the current version of its key, or to another key, inside KKP; its plaintext stays there. */
  async rewrap(request: RewrapRequest, options?: CallOptions): Promise<EncryptResult> {
    const path = 'envelope/rewrap';
    return readEnvelope(await this.#show(path, 'body', request, options), `POST /${path}`);
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
    return readDataKey(await this.#show('datakey', 'header', request, options), request);
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
    return this.#batch('envelope/encrypt/batch', 'header', requests.map(encryptBody), read, options);
  }

  /** As `encryptBatch`; each plaintext is text or bytes by the `encoding` of its request. */
  async decryptBatch(
    requests: readonly DecryptRequest[],
    options?: CallOptions,
  ): Promise<(DecryptResult<string | Uint8Array> | KkpApiError)[]> {
    return this.#batch('envelope/decrypt/batch', 'body', requests, readDecrypted, options);
  }

  /** As `encryptBatch`. */
  async rewrapBatch(
    requests: readonly RewrapRequest[],
    options?: CallOptions,
  ): Promise<(EncryptResult | KkpApiError)[]> {
    const read = (body: JsonObject) => readEnvelope(body, 'POST /envelope/rewrap/batch');
    return this.#batch('envelope/rewrap/batch', 'body', requests, read, options);
  }

  /** As `encryptBatch`; a result has `plaintext` where its request does not say otherwise. */
  async createDataKeyBatch(
    requests: readonly DataKeyRequest[],
    options?: CallOptions,
  ): Promise<(EncryptResult | DataKey | KkpApiError)[]> {
    return this.#batch('datakey/batch', 'header', requests, readDataKey, options);
  }

  /** The public keys now; throws KeySetError when one must not be trusted. To verify tokens over time: `createRemoteJwks`. */
  async fetchJwks(options?: CallOptions): Promise<Jwks> {
    const jwks = await this.#connection.get('keys/jwks', options);
    return { keys: readPublicKeys(jwks).map(({ jwk }) => jwk) };
  }

  /** Makes the next signing key active; too often gives `rate_limited` with `retryAfterSeconds`. */
  async rotate(options?: CallOptions): Promise<RotatedKey> {
    return readRotatedKey(await this.#connection.post('keys/rotate', {}, options));
  }

  /** Takes tokens back, by exactly one rule. */
  async revoke(rule: RevokeRequest, options?: CallOptions): Promise<Revoked> {
    return readRevoked(await this.#connection.post('revoke', rule, options));
  }

  /** Takes one token back, which its subject may, without a right to take others back. One that is good for nothing is no error. */
  async revokeToken(token: string, options?: CallOptions): Promise<void> {
    const form = toForm({ token });
    readNothing(await this.#connection.postForm('oauth/revoke', form, options), oauthError);
  }

  /** What a token says, if it is good; `verifyToken` finds out offline, but for revocations. */
  async introspect(token: string, options?: CallOptions): Promise<Introspection> {
    return readIntrospection(await this.#connection.post('introspect', { token }, options));
  }

  async #batch<Request extends { token?: string }, Result>(
    path: string,
    place: TokenPlace,
    requests: readonly Request[],
    read: (body: JsonObject, request: Request) => Result,
    options: CallOptions | undefined,
  ): Promise<(Result | KkpApiError)[]> {
    const body = (items: readonly object[]) => ({ items });
    const answer = await this.#connection.postShowing(path, place, requests, body, options);
    return readBatch(answer, requests, read, `POST /${path}`);
  }

  /** One request that may show a token. */
  #show(
    path: string,
    place: TokenPlace,
    request: { token?: string },
    options: CallOptions | undefined,
  ): Promise<JsonObject> {
    return this.#connection.postShowing(path, place, [request], ([body = {}]) => body, options);
  }
}

/** Bytes travel as base64url in a member of their own. */
function encryptBody({ plaintext, ...rest }: EncryptRequest): { token?: string; plaintext_base64?: string } {
  const text = typeof plaintext === 'string';
  return { ...rest, ...(text ? { plaintext } : { plaintext_base64: encodeBase64url(plaintext) }) };
}

import { readObject } from './answers.js';
import { type Authorize, type Credentials, makeAuthorize } from './credentials.js';
import { type DpopOptions, Prover } from './dpop/prover.js';
import { type Show, type TokenPlace, showTokens } from './shown-token.js';
import type { JsonObject } from './strict-json.js';
import { type Fetch, checkTimeout, checkUrl, send } from './transport.js';

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
  /**
   * A key that this client's tokens are bound to (RFC 9449): `issueToken` asks for such tokens, and each request that shows
   * one has a proof. Whoever has the token and not the key cannot use it.
   */
  dpop?: DpopOptions;
}

export interface CallOptions {
  /** Ends the call: KkpAbortError. */
  signal?: AbortSignal | undefined;
  /** Instead of the client's. */
  timeoutMs?: number;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** The calls of one client: where they go, who makes them, and which key its tokens are bound to. */
export class Connection {
  readonly #baseUrl: URL;
  readonly #timeoutMs: number;
  readonly #fetch: Fetch;
  readonly #headers: Headers;
  readonly #authorize: Authorize | undefined;
  readonly #prover: Prover | undefined;
  /** Whether a token can go into the Authorization header. */
  readonly #headerIsFree: boolean;

  constructor({ baseUrl, timeoutMs = 10_000, fetch, headers = {}, credentials, dpop }: KkpClientOptions) {
    this.#baseUrl = checkUrl('baseUrl', baseUrl);
    this.#timeoutMs = checkTimeout(timeoutMs);
    this.#fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#headers = new Headers(headers);
    this.#authorize = credentials === undefined ? undefined : makeAuthorize(credentials, this.#headers);
    if (dpop !== undefined && this.#headers.has('dpop')) {
      throw new TypeError('headers must not hold a proof when the option dpop is there');
    }
    this.#prover = dpop === undefined ? undefined : new Prover(dpop);
    const isBearer = credentials !== undefined && typeof credentials !== 'object';
    this.#headerIsFree = !isBearer && !this.#headers.has('authorization');
  }

  /** What tokens of this client are bound to; undefined without the option `dpop`. */
  async confirmation(): Promise<{ jkt: string } | undefined> {
    return this.#prover && { jkt: await this.#prover.jkt() };
  }

  get(path: string, options?: CallOptions): Promise<JsonObject> {
    return this.#call('GET', path, undefined, options);
  }

  post(path: string, body: object, options?: CallOptions, show?: Show): Promise<JsonObject> {
    return this.#call('POST', path, body, options, show);
  }

  /** Posts what `toBody` makes of requests that may show a token; throws TypeError where they cannot. */
  async postShowing(
    path: string,
    place: TokenPlace,
    requests: readonly { token?: string }[],
    toBody: (items: readonly object[]) => object,
    options?: CallOptions,
  ): Promise<JsonObject> {
    const shower = { prover: this.#prover, headerIsFree: this.#headerIsFree };
    const { items, show } = showTokens(place, requests, shower);
    return this.post(path, toBody(items), options, show);
  }

  async #call(
    method: string,
    path: string,
    body?: object,
    options: CallOptions = {},
    show?: Show,
  ): Promise<JsonObject> {
    const url = this.#baseUrl.href.replace(/\/*$/, '/') + path;
    const headers = new Headers(this.#headers);
    headers.set('accept', 'application/json');
    if (body) headers.set('content-type', 'application/json');
    const answer = await send(this.#fetch, {
      url,
      init: { method, headers, body: body ? JSON.stringify(body) : null },
      timeoutMs: checkTimeout(options.timeoutMs ?? this.#timeoutMs),
      maxBytes: MAX_ANSWER_BYTES,
      signal: options.signal,
      authorize: async (outgoing) => {
        if (method !== 'GET') await this.#authorize?.(outgoing);
        await show?.(outgoing, { method, url });
      },
    });
    return readObject(answer);
  }
}

import { readObject } from './answers.js';
import { type Authorize, type Credentials, makeAuthorize } from './credentials.js';
import { type DpopOptions, Prover } from './dpop/prover.js';
import { type Show, type TokenPlace, isBound, showTokens } from './shown-token.js';
import type { JsonObject } from './strict-json.js';
import { type Answer, type Fetch, checkTimeout, checkUrl, platformFetch, send } from './transport.js';

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

interface Call {
  method: 'GET' | 'POST';
  path: string;
  body?: { type: string; text: string };
  show?: Show | undefined;
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
    this.#fetch = fetch ?? platformFetch;
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

  async get(path: string, options?: CallOptions): Promise<JsonObject> {
    return readObject(await this.#call({ method: 'GET', path }, options));
  }

  async post(path: string, body: object, options?: CallOptions, show?: Show): Promise<JsonObject> {
    const json = { type: 'application/json', text: JSON.stringify(body) };
    return readObject(await this.#call({ method: 'POST', path, body: json, show }, options));
  }

  /** Posts to a route of OAuth, whose answers are read in another way. */
  async postForm(path: string, form: URLSearchParams, options?: CallOptions, show?: Show): Promise<Answer> {
    const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
    return this.#call({ method: 'POST', path, body, show }, options);
  }

  /**
   * Posts a form that asks for a token, with a proof of the key that it is to be bound to (RFC 9449 section 5), and to which
   * the token of `subject`, that it is made from, may be bound already.
   */
  async postAsking(
    path: string,
    form: URLSearchParams,
    subject: string | undefined,
    options?: CallOptions,
  ): Promise<{ answer: Answer; type: 'Bearer' | 'DPoP' }> {
    const prover = this.#prover;
    const token = isBound(subject) ? subject : undefined;
    const show: Show | undefined =
      prover && (async (headers, target) => headers.set('DPoP', await prover.prove(target, token)));
    const answer = await this.postForm(path, form, options, show);
    return { answer, type: prover ? 'DPoP' : 'Bearer' };
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

  async #call({ method, path, body, show }: Call, options: CallOptions = {}): Promise<Answer> {
    const url = this.#baseUrl.href.replace(/\/*$/, '/') + path;
    const headers = new Headers(this.#headers);
    headers.set('accept', 'application/json');
    if (body) headers.set('content-type', body.type);
    return send(this.#fetch, {
      url,
      init: { method, headers, body: body?.text ?? null },
      timeoutMs: checkTimeout(options.timeoutMs ?? this.#timeoutMs),
      maxBytes: MAX_ANSWER_BYTES,
      signal: options.signal,
      authorize: async (outgoing) => {
        if (method !== 'GET') await this.#authorize?.(outgoing);
        await show?.(outgoing, { method, url });
      },
    });
  }
}

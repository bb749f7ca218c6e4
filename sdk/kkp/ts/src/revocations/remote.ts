import { readObject } from '../answers.js';
import { cacheAgeMs } from '../cache-control.js';
import { KkpProtocolError, RevocationsError } from '../errors.js';
import type { TokenKeys } from '../jwks/keys.js';
import { Refresher } from '../refresher.js';
import { type Fetch, checkTimeout, checkUrl, platformFetch, send } from '../transport.js';
import {
  MAX_LIST_LENGTH,
  type ReadRevocations,
  type ReadRevocationsOptions,
  readListOptions,
  readRevocations,
} from './read.js';
import type { Revocations } from './rules.js';

export interface RemoteRevocationsOptions extends ReadRevocationsOptions {
  /** For each fetch; default 5000. */
  timeoutMs?: number;
  /** Default: the global `fetch`. */
  fetch?: Fetch;
}

/** With no list at hand no token is accepted, so the wait for another try is short. */
const RETRY_MS = 1000;

/**
 * The signed list at `url` (as `https://kkp.example/.well-known/kkp-revocations`), verified by `keys`, fetched when first
 * needed and when its Cache-Control says so: one fetch at a time, none within a second of the last. While fetching fails
 * the list at hand is used until its `exp`; after that, no token is accepted: `covers` throws what the fetch threw. An older
 * list, or one of a key that the list at hand takes back, is no list.
 */
export function createRemoteRevocations(
  url: string | URL,
  keys: TokenKeys,
  options: RemoteRevocationsOptions = {},
): Revocations {
  return new RemoteRevocations(checkUrl('url', url).href, keys, options);
}

class RemoteRevocations implements Revocations {
  #held: { list: ReadRevocations; freshUntil: number } | undefined;
  readonly #refresher: Refresher;
  readonly #now: () => number;
  readonly #timeoutMs: number;

  constructor(
    private readonly url: string,
    private readonly keys: TokenKeys,
    private readonly options: RemoteRevocationsOptions,
  ) {
    this.#now = readListOptions(options).now;
    this.#timeoutMs = checkTimeout(options.timeoutMs ?? 5000);
    this.#refresher = new Refresher(() => this.#fetch(), this.#now);
  }

  async covers(...token: Parameters<Revocations['covers']>): Promise<boolean> {
    if (!(this.#held && this.#now() < this.#held.freshUntil)) await this.#refresher.refresh(RETRY_MS);
    if (this.#held && this.#now() < this.#held.list.expiresAt * 1000) return this.#held.list.covers(...token);
    // Without a failure, the list has ended within the wait after its fetch.
    const { failure = new RevocationsError('expired') } = this.#refresher;
    throw failure;
  }

  /** Not those that the list at hand takes back: whoever has such a key could sign a list that says otherwise. */
  #trustedKeys(): TokenKeys {
    const held = this.#held?.list;
    const isRevoked = (kid: string) => held?.coversKey(kid, Math.floor(this.#now() / 1000)) === true;
    return { find: async (kid) => (isRevoked(kid) ? undefined : this.keys.find(kid)) };
  }

  async #fetch(): Promise<void> {
    const askedAt = this.#now();
    const answer = await send(this.options.fetch ?? platformFetch, {
      url: this.url,
      init: { headers: { accept: 'application/jwt, application/problem+json' }, cache: 'no-cache' },
      timeoutMs: this.#timeoutMs,
      maxBytes: MAX_LIST_LENGTH,
    });
    if (answer.status !== 200) {
      readObject(answer);
      throw new KkpProtocolError('The answer is not a list of revocations.');
    }
    const text = new TextDecoder().decode(answer.body);
    const list = await readRevocations(text, this.#trustedKeys(), this.options);
    if (this.#held && list.issuedAt < this.#held.list.issuedAt) {
      throw new KkpProtocolError('The list of revocations is older than the one at hand.');
    }
    const freshUntil = askedAt + cacheAgeMs(answer.headers.get('cache-control'));
    this.#held = { list, freshUntil: Math.min(freshUntil, list.expiresAt * 1000) };
  }
}

import { readObject } from '../answers.js';
import { KkpProtocolError } from '../errors.js';
import { cacheAgeMs } from '../jwks/cache-control.js';
import type { TokenKeys } from '../jwks/keys.js';
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
  #attemptedAt = -Infinity;
  #failure: unknown;
  #fetching: Promise<void> | undefined;
  readonly #now: () => number;
  readonly #timeoutMs: number;

  constructor(
    private readonly url: string,
    private readonly keys: TokenKeys,
    private readonly options: RemoteRevocationsOptions,
  ) {
    this.#now = readListOptions(options).now;
    this.#timeoutMs = checkTimeout(options.timeoutMs ?? 5000);
  }

  async covers(...token: Parameters<Revocations['covers']>): Promise<boolean> {
    if (!(this.#held && this.#now() < this.#held.freshUntil)) await this.#refresh();
    if (this.#held && this.#now() < this.#held.list.expiresAt * 1000) return this.#held.list.covers(...token);
    throw this.#failure;
  }

  /** Not those that the list at hand takes back: whoever has such a key could sign a list that says otherwise. */
  #trustedKeys(): TokenKeys {
    const held = this.#held?.list;
    const isRevoked = (kid: string) => held?.coversKey(kid, Math.floor(this.#now() / 1000)) === true;
    return { find: async (kid) => (isRevoked(kid) ? undefined : this.keys.find(kid)) };
  }

  /** Never rejects: what a failed fetch means depends on the list at hand. */
  async #refresh(): Promise<void> {
    const elapsed = this.#now() - this.#attemptedAt;
    if (!this.#fetching && elapsed >= 0 && elapsed < RETRY_MS) return;
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    await this.#fetching;
  }

  async #fetch(): Promise<void> {
    const askedAt = this.#now();
    this.#attemptedAt = askedAt;
    try {
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
      const list = await readRevocations(
        new TextDecoder().decode(answer.body),
        this.#trustedKeys(),
        this.options,
      );
      if (this.#held && list.issuedAt < this.#held.list.issuedAt) {
        throw new KkpProtocolError('The list of revocations is older than the one at hand.');
      }
      const freshUntil = askedAt + cacheAgeMs(answer.headers.get('cache-control'));
      this.#held = { list, freshUntil: Math.min(freshUntil, list.expiresAt * 1000) };
    } catch (error) {
      this.#failure = error;
    }
  }
}

import { readObject } from '../answers.js';
import { cacheAgeMs } from '../cache-control.js';
import type { Ed25519 } from '../crypto/ed25519.js';
import { platformEd25519 } from '../crypto/platform.js';
import { Refresher } from '../refresher.js';
import { type Fetch, checkTimeout, checkUrl, platformFetch, send } from '../transport.js';
import { type TokenKeys, makeTokenKeys } from './keys.js';
import { readPublicKeys } from './read.js';

export interface RemoteJwksOptions {
  /**
   * The longest time a fetched set is fresh, whatever its Cache-Control says; default 600000. Without a max-age it is
   * fresh for 300000. The cool-down goes before: an old set is not fetched again within it.
   */
  cacheMaxAgeMs?: number;
  /** No two fetches begin closer than this, except for the first set; default 30000. */
  cooldownMs?: number;
  /**
   * While fetching fails, how long after its fetch a set is still used: the longest time a withdrawn key is trusted.
   * Default 1800000, the default lifetime of a signing key.
   */
  staleLimitMs?: number;
  /** For each fetch; default 5000. */
  timeoutMs?: number;
  /** Default: the global `fetch`. */
  fetch?: Fetch;
  /** Unix milliseconds; default `Date.now`. */
  now?: () => number;
  /** See `importJwks`. */
  ed25519?: Ed25519;
}

interface CachedKeys {
  keys: TokenKeys;
  fetchedAt: number;
  maxAgeMs: number;
}

const MAX_JWKS_BYTES = 256 * 1024;
/** With no set at hand every verification fails, so the wait for another try is short. */
const FIRST_SET_RETRY_MS = 1000;

/**
 * The JWK Set at `url` (as `https://kkp.example/keys/jwks`), fetched when first needed, when its age is up, and for an
 * unknown `kid`. One fetch at a time, and none within the cool-down: a flood of unknown kids costs one. A failed fetch
 * keeps the set at hand up to `staleLimitMs`; `find` throws what the fetch threw when there is none to use.
 */
export function createRemoteJwks(url: string | URL, options: RemoteJwksOptions = {}): TokenKeys {
  return new RemoteJwks(checkUrl('url', url).href, options);
}

class RemoteJwks implements TokenKeys {
  readonly #url: string;
  readonly #options: Required<RemoteJwksOptions>;
  #cached: CachedKeys | undefined;
  readonly #refresher: Refresher;

  constructor(url: string, options: RemoteJwksOptions) {
    this.#url = url;
    this.#options = {
      cacheMaxAgeMs: checkDuration('cacheMaxAgeMs', options.cacheMaxAgeMs ?? 600_000),
      cooldownMs: checkDuration('cooldownMs', options.cooldownMs ?? 30_000),
      staleLimitMs: checkDuration('staleLimitMs', options.staleLimitMs ?? 1_800_000),
      timeoutMs: checkTimeout(options.timeoutMs ?? 5000),
      fetch: options.fetch ?? platformFetch,
      now: options.now ?? Date.now,
      ed25519: options.ed25519 ?? platformEd25519,
    };
    this.#refresher = new Refresher(() => this.#fetch(), this.#options.now);
  }

  async find(kid: string) {
    if (!this.#isWithin(this.#cached?.fetchedAt, this.#cached?.maxAgeMs)) await this.#refresh();
    const found = await this.#usableKeys().find(kid);
    if (found) return found;
    await this.#refresh();
    return this.#usableKeys().find(kid);
  }

  #usableKeys(): TokenKeys {
    const cached = this.#cached;
    const { failure } = this.#refresher;
    const usable = failure === undefined || this.#isWithin(cached?.fetchedAt, this.#options.staleLimitMs);
    if (!cached || !usable) throw failure;
    return cached.keys;
  }

  #refresh(): Promise<void> {
    const { cooldownMs } = this.#options;
    return this.#refresher.refresh(this.#cached ? cooldownMs : Math.min(cooldownMs, FIRST_SET_RETRY_MS));
  }

  async #fetch(): Promise<void> {
    const { fetch, timeoutMs, cacheMaxAgeMs, now, ed25519 } = this.#options;
    const answer = await send(fetch, {
      url: this.#url,
      // A browser's own cache would answer the fetch for a new kid with the old set.
      init: { headers: { accept: 'application/jwk-set+json, application/json' }, cache: 'no-cache' },
      timeoutMs,
      maxBytes: MAX_JWKS_BYTES,
    });
    const keys = makeTokenKeys(readPublicKeys(readObject(answer)), ed25519);
    const maxAgeMs = Math.min(cacheAgeMs(answer.headers.get('cache-control')), cacheMaxAgeMs);
    this.#cached = { keys, fetchedAt: now(), maxAgeMs };
  }

  /** Whether less than `durationMs` has passed since `time`; false when the clock was set back behind it. */
  #isWithin(time: number | undefined, durationMs = 0): boolean {
    const elapsed = time === undefined ? Infinity : this.#options.now() - time;
    return elapsed >= 0 && elapsed < durationMs;
  }
}

function checkDuration(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${name} must be whole milliseconds, 0 or more`);
  return value;
}

import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { unixSeconds, type Clock } from '../clock.js';
import { ERRORS, KkpError } from '../errors.js';
import type { Limit } from '../limits.js';
import { MinuteCount } from './minute-count.js';
import { networkOf } from './network.js';

/** Ten a second: more than clients that are merely misconfigured send, and less than 0.1 s of signature checks a minute. */
export const REFUSAL_LIMITS = {
  refusedCredentialsPerMinute: { min: 0, max: 1_000_000_000, unit: 'credentials', fallback: 600 },
} as const satisfies Record<string, Limit>;

/** The most networks, and the most credentials that were accepted, that are remembered. */
export const MAX_REMEMBERED = 10_000;

/**
 * Bounds what strangers make KKP spend on credentials that it refuses: beyond the bound no credential of their network is
 * judged for a while. A network is what the connection says: behind a proxy all its clients are one, for
 * `X-Forwarded-For` is anybody's to write.
 *
 * So that a stranger cannot lock out those who share the network, credentials that were accepted before are judged all
 * the same. A new one has to wait for its turn, as refused ones fall out of the minute.
 */
export class RefusedCredentials {
  readonly #networks = new LRUCache<string, MinuteCount>({ max: MAX_REMEMBERED });
  readonly #accepted = new LRUCache<string, true>({ max: MAX_REMEMBERED });

  /** @param limit refused credentials of one network in 60 seconds; 0: no limit */
  constructor(
    private readonly limit: number,
    private readonly clock: Clock,
    private readonly onRefused: () => void,
  ) {}

  /**
   * Judges a credential when its network has a turn, and remembers how that ended.
   * @param address of the connection's other end; undefined for code of this process
   * @param credential its text; empty for one that cannot be recognised; undefined where there is none, and no turn to wait for
   * @param isProof whether what was found proves the credential to be good; default: whatever is not refused
   * @throws KkpError `rate_limited`, or what `judging` throws
   */
  async judge<Found>(
    address: string | undefined,
    credential: string | undefined,
    judging: () => Found | Promise<Found>,
    isProof: (found: Found) => boolean = () => true,
  ): Promise<Found> {
    if (credential !== undefined) this.#admit(address, credential);
    try {
      const found = await judging();
      if (credential !== undefined && isProof(found)) this.#accept(credential);
      return found;
    } catch (error) {
      if (isRefusal(error)) this.#refuse(address, credential ?? '');
      throw error;
    }
  }

  #admit(address: string | undefined, credential: string): void {
    const count = address === undefined ? undefined : this.#networks.get(networkOf(address));
    const now = unixSeconds(this.clock);
    if (!count || count.count(now) < this.limit || this.#accepted.get(digestOf(credential))) return;
    this.onRefused();
    throw new KkpError(
      'rate_limited',
      `No new credential of your network is judged now: ${this.limit} were refused within a minute.`,
      { retryAfterSeconds: count.secondsUntilBelow(this.limit, now) },
    );
  }

  #accept(credential: string): void {
    if (this.limit > 0 && credential !== '') this.#accepted.set(digestOf(credential), true);
  }

  #refuse(address: string | undefined, credential: string): void {
    if (this.limit === 0 || address === undefined) return;
    this.#accepted.delete(digestOf(credential));
    const network = networkOf(address);
    const count = this.#networks.get(network) ?? new MinuteCount();
    this.#networks.set(network, count);
    count.add(unixSeconds(this.clock));
  }
}

/** What is the client's fault. */
const isRefusal = (error: unknown): boolean =>
  error instanceof KkpError && ([400, 401] as number[]).includes(ERRORS[error.code].status);

const digestOf = (credential: string): string => hash('sha256', credential, 'base64url');

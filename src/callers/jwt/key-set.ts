import { createLocalJWKSet, errors, type CryptoKey, type JSONWebKeySet } from 'jose';
import type { Clock } from '../../clock.js';
import { KkpError } from '../../errors.js';
import type { KkpLog } from '../../log.js';
import type { IssuerKeysStatus } from '../authenticator.js';
import type { GoodHeader } from './rules.js';

export interface KeySetLimits {
  /** Age at which keys are asked for anew. */
  readonly maxAgeMs: number;
  /** Age at which keys that could not be renewed verify nothing any more. */
  readonly maxStaleMs: number;
  /** Time between two askings, whatever the requests. */
  readonly coolDownMs: number;
  /** The same after an asking that failed. */
  readonly retryMs: number;
}

export interface LoadedKeys {
  /** Checked keys. */
  readonly jwks: JSONWebKeySet;
  /** The publisher's wish; it can only shorten `maxAgeMs`. */
  readonly maxAgeMs?: number;
}

export type LoadKeys = (signal: AbortSignal) => Promise<LoadedKeys>;

interface HeldKeys {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly at: number;
  readonly maxAgeMs: number;
}

/**
 * The keys of one issuer, held for a while. Asked for when they are first needed; anew when they are old, and when a
 * credential names one that is not among them, but never twice within the cool-down, so that made-up names cost one request.
 *
 * An outage of the issuer leaves the held keys in force up to `maxStaleMs`, and then nothing: `unavailable`, for the
 * credential may be good.
 *
 * jose's createRemoteJWKSet (6.2) is not beneath: its cool-down counts from the last success, so that an outage is asked for at
 * every request; keys past their age verify nothing, however short the outage; its clock is Date.now, and it knows URLs
 * alone. With its ages at infinity, customFetch and reload() it would hold one promise, and all of this would still be here.
 */
export class KeySet {
  #held: HeldKeys | undefined;
  #askedAt: number | undefined;
  #failing = false;
  #failures = 0;
  #renewal: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(
    private readonly load: LoadKeys,
    private readonly limits: KeySetLimits,
    private readonly clock: Clock,
    private readonly log: KkpLog,
  ) {}

  /**
   * The key that a header names; undefined when there is none.
   * @throws KkpError `unavailable`
   */
  async keyFor(header: GoodHeader): Promise<CryptoKey | undefined> {
    const held = this.#usable;
    if (!held || !this.#isWithin(held.maxAgeMs, held.at)) {
      const renewal = this.#renew();
      // While an outage lasts, nobody waits for what will most likely fail again.
      if (!held || !this.#failing) await renewal;
    }
    const key = await this.#find(header);
    if (key) return key;
    await this.#renew();
    return this.#find(header);
  }

  status(): IssuerKeysStatus {
    const age = this.#held && (this.clock.now() - this.#held.at) / 1000;
    return {
      usable: this.#usable !== undefined,
      ...(age !== undefined && { ageSeconds: Math.max(0, age) }),
      failures: this.#failures,
    };
  }

  /** Asks when none are usable. Nobody waits in an outage that is known. */
  async want(): Promise<void> {
    if (this.#usable) return;
    const renewal = this.#renew();
    if (!this.#failing) await renewal;
  }

  close(): void {
    this.#closing.abort();
  }

  async #find(header: GoodHeader): Promise<CryptoKey | undefined> {
    const held = this.#usable;
    if (!held) {
      throw new KkpError(
        'unavailable',
        'The credential cannot be judged: its issuer does not give its keys.',
        { retryAfterSeconds: this.limits.retryMs / 1000 },
      );
    }
    try {
      return await held.find({ ...header });
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      throw error;
    }
  }

  get #usable(): HeldKeys | undefined {
    return this.#held && this.#isWithin(this.limits.maxStaleMs, this.#held.at) ? this.#held : undefined;
  }

  /** Asks, unless it is too early. Never fails: what is held then tells. */
  #renew(): Promise<void> {
    if (this.#isCoolingDown && !this.#renewal) return Promise.resolve();
    this.#renewal ??= this.#ask().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  async #ask(): Promise<void> {
    const at = this.clock.now();
    this.#askedAt = at;
    try {
      const { jwks, maxAgeMs = Infinity } = await this.load(this.#closing.signal);
      this.#held = { find: createLocalJWKSet(jwks), at, maxAgeMs: Math.min(maxAgeMs, this.limits.maxAgeMs) };
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      this.#failures += 1;
      if (!this.#closing.signal.aborted)
        this.log('warn', 'keys of an issuer of callers not renewed', { error });
    }
  }

  get #isCoolingDown(): boolean {
    const { coolDownMs, retryMs } = this.limits;
    return this.#askedAt !== undefined && this.#isWithin(this.#failing ? retryMs : coolDownMs, this.#askedAt);
  }

  /** A clock that was set back makes things old, not young. */
  #isWithin(milliseconds: number, since: number): boolean {
    const age = this.clock.now() - since;
    return age >= 0 && age < milliseconds;
  }
}

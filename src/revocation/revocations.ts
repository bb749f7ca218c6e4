import { elapsedSeconds, unixSeconds, type Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import type { SigningKeys } from '../keys/index.js';
import type { Store } from '../store/index.js';
import type { TokenClaims } from '../tokens/index.js';
import type { RevocationOptions } from './limits.js';
import { RuleIndex } from './rule-index.js';
import { MOST_AHEAD_SECONDS } from './rule-of-body.js';
import type { RevocationRule, TimedRule } from './rules.js';
import { storedRule } from './stored-rule.js';

const KIND = 'revocation';

/**
 * What is taken back. A rule holds in this process from the moment that it is asked for, and beyond a restart, where
 * the store is durable, once `revoke` has answered. It is cleared when no token that it covers can be alive, never
 * earlier: by the clock, and by the time that has really passed, for a clock that is ahead may be set back.
 */
export class Revocations {
  readonly #index = new RuleIndex();
  #revision = 0;

  constructor(
    private readonly options: RevocationOptions,
    private readonly store: Store,
    private readonly keys: Pick<SigningKeys, 'expel'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes the rules from the store. A signing key that was revoked leaves the ring, if the process ended before it could.
   * @throws Error when the store holds what is no rule
   */
  async start(): Promise<void> {
    for (const record of await this.store.records(KIND)) this.#addStored(storedRule.fromRecord(record));
    for (const rule of this.#index.rules()) if ('kid' in rule) await this.keys.expel(rule.kid);
  }

  /**
   * The rule as it holds now; the same as before when it held already.
   *
   * Tokens are refused from the call on, before anything is stored, and stay refused in this process when that fails.
   * A signing key is refused first and then leaves the ring: the next one signs.
   * @param tokenEnd Unix seconds: the end of the one token that a rule is about, where it is known
   * @throws KkpError `rate_limited` when there are too many rules; `unavailable` when it could not be stored
   */
  async revoke(rule: RevocationRule, tokenEnd?: number): Promise<TimedRule> {
    const needed = this.#neededUntil(rule);
    const expires_at = tokenEnd === undefined ? needed : tokenEnd + this.options.skewSeconds;
    const timed: TimedRule = { ...rule, expires_at };
    this.#checkRoom(timed);
    const holding = this.#add(timed, Math.max(needed, expires_at) - this.#now());
    this.#revision += 1;
    try {
      await this.store.put(KIND, storedRule.toRecord(holding));
      if ('kid' in holding) await this.keys.expel(holding.kid);
      await this.store.forget(KIND, this.#firstHeld());
    } catch (cause) {
      throw new KkpError(
        'unavailable',
        'The revocation holds here, but could not be stored. Send it again.',
        {
          cause,
        },
      );
    }
    return holding;
  }

  /**
   * @param kid of the key that signed the token, where that may have been revoked since it was verified
   * @throws KkpError `invalid_token`, with one text for whatever rule it is
   */
  check(claims: TokenClaims, kid?: string): void {
    const isKeyRevoked = kid !== undefined && this.isRevokedKey(kid);
    if (isKeyRevoked || this.#index.covers(claims))
      throw new KkpError('invalid_token', 'The token has been revoked.');
  }

  /** Whether a signing key is trusted no more. */
  isRevokedKey(kid: string): boolean {
    return this.#index.coversKey(kid);
  }

  /** What holds now. `revision` changes with every rule. */
  current(): { readonly rules: readonly TimedRule[]; readonly revision: number } {
    this.#prune();
    return { rules: this.#index.rules(), revision: this.#revision };
  }

  #neededUntil(rule: RevocationRule): number {
    const now = this.#now();
    const issuedUntil = 'before' in rule ? rule.before : 'issued_until' in rule ? rule.issued_until : now;
    return Math.max(issuedUntil, now) + this.#lifeOf(rule);
  }

  /**
   * Seconds. No token lives longer than the longest there may be, and the skew is for verifiers whose clocks are behind. Of
   * a revoked key more has to be assumed: until its own end somebody may sign with it.
   */
  #lifeOf(rule: RevocationRule): number {
    const { maxTokenTtlSeconds, keyTtlSeconds, skewSeconds } = this.options;
    return ('kid' in rule ? keyTtlSeconds : 0) + maxTokenTtlSeconds + skewSeconds;
  }

  #add(rule: TimedRule, seconds: number): TimedRule {
    return this.#index.add(rule, elapsedSeconds(this.clock) + seconds);
  }

  /** How much of the life of a stored rule has passed is for the clock to say, and is not believed. */
  #addStored(rule: TimedRule): void {
    this.#add(rule, this.#lifeOf(rule) + ('before' in rule ? MOST_AHEAD_SECONDS : 0));
  }

  #prune(): void {
    this.#index.prune(this.#now(), elapsedSeconds(this.clock));
  }

  /** Unix seconds: no rule that is held ends before, whatever the clock says. */
  #firstHeld(): number {
    this.#prune();
    return this.#index
      .rules()
      .reduce((earliest, { expires_at }) => Math.min(earliest, expires_at), this.#now());
  }

  /**
   * Rules that are past by the clock, and kept in case it is wrong, take no room from new ones. Nor do single tokens, which
   * their holders may take back, from rules about many.
   */
  #checkRoom(rule: TimedRule): void {
    if (this.#index.has(rule)) return;
    this.#prune();
    const { maxRules } = this.options;
    const alike = this.#index.rules().filter((other) => 'jti' in other === 'jti' in rule);
    const needed = alike.filter(({ expires_at }) => expires_at >= this.#now());
    if (needed.length < maxRules && alike.length < 2 * maxRules) return;
    const first = needed.reduce((earliest, { expires_at }) => Math.min(earliest, expires_at), Infinity);
    throw new KkpError(
      'rate_limited',
      `There are ${maxRules} revocations, and no more are kept. Revoke a subject, a key, or all tokens before a time.`,
      { retryAfterSeconds: needed.length > 0 ? Math.max(1, first + 1 - this.#now()) : 60 },
    );
  }

  #now(): number {
    return unixSeconds(this.clock);
  }
}

import { sign, type KeyObject } from 'node:crypto';
import { unixSeconds, type Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import type { Random } from '../random.js';
import { generateSigningKey } from './ed25519.js';
import { jwksMaxAge, type Jwks } from './jwks.js';
import { withKeyDefaults, type KeyTimes, type SigningKeyOptions } from './key-times.js';
import { RingKeeper } from './ring-keeper.js';
import * as rings from './ring.js';
import type { KeyStore } from './store.js';

/** The active key, promised to one token. */
export interface Signer {
  readonly kid: string;
  /** The 64-byte Ed25519 signature (RFC 8032) over `input`. */
  sign(input: Uint8Array): Buffer;
}

/** `schedule`: if the active key has had its turn. `operator`: now, if the ring has room. */
export type RotationCause = 'schedule' | 'operator';

export interface RotatedKey {
  /** The key that signs from now on. */
  readonly kid: string;
  /** Unix seconds; the last of its tokens is dead by then. */
  readonly expires_at: number;
}

export interface RingStatus {
  /** Active, next, then verify-only keys, newest first. Times are Unix seconds. */
  readonly keys: readonly rings.RingKey[];
  readonly rotationDueAt: number;
  /** When the active key can promise nothing more: reached only while rotations fail. */
  readonly activeExpiresAt: number;
}

/** Tries at one rotation while other processes are ahead. */
const ATTEMPTS = 3;

/** Signs tokens with the active key of a ring, and rotates it. See ring.ts for what is promised. */
export class SigningKeys {
  readonly #options: SigningKeyOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #keeper: RingKeeper;

  constructor(times: KeyTimes, clock: Clock, random: Random, store: KeyStore) {
    this.#options = withKeyDefaults(times);
    this.#clock = clock;
    this.#random = random;
    this.#keeper = new RingKeeper(store);
  }

  /** Takes the ring from the store, or begins one there. */
  start(): Promise<void> {
    return this.#keeper.exclusively(async () => {
      if (this.#keeper.started || (await this.#adopt()) || (await this.#begin())) return;
      await this.#adopt();
    });
  }

  /**
   * Promises the active key to a token that lives until `exp`; rotates first if a rotation is due.
   * @throws KkpError `unavailable` when the active key dies before: rotations have been failing
   */
  async reserve(exp: number): Promise<Signer> {
    if (!this.#keeper.busy && !this.#isDue()) return this.#promise(exp);
    return this.#keeper.exclusively(async () => {
      // A rotation that fails is no reason to refuse what the old key can still promise.
      const failure: unknown = await this.#rotate('schedule').then(
        () => undefined,
        (error: unknown) => error,
      );
      return this.#promise(exp, failure);
    });
  }

  /**
   * Lets the next key sign. By the schedule only if that is due; else the active key stays.
   * @throws KkpError `rate_limited` when an operator's rotation could cost a scheduled one its place (see ring.ts)
   */
  rotate(by: RotationCause): Promise<RotatedKey> {
    return this.#keeper.exclusively(() => this.#rotate(by));
  }

  /**
   * Takes a key that is trusted no more out of the ring. Nothing happens when the ring has no such key.
   * @throws KkpError `unavailable` when other processes are ahead again and again
   */
  expel(kid: string): Promise<void> {
    return this.#keeper.exclusively(async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const fresh = generateSigningKey(this.#random);
        const { ring } = this.#keeper.current;
        const left = rings.expel(ring, kid, this.#now(), fresh.kid);
        if (left === ring || (await this.#change(left, [fresh]))) return;
      }
      throw busy();
    });
  }

  /** Does what the time asks for: the rotation that is due, and the removal of keys that no live token needs. */
  maintain(): Promise<void> {
    return this.#keeper.exclusively(async () => {
      await this.#rotate('schedule');
      const { ring } = this.#keeper.current;
      const pruned = rings.prune(ring, this.#now(), this.#options);
      if (pruned !== ring) await this.#change(pruned);
    });
  }

  /** The published keys. Body and ETag stay the same, byte for byte, until a key comes or goes. */
  jwks(): Jwks & { maxAgeSeconds: number } {
    return { ...this.#keeper.current.jwks, maxAgeSeconds: jwksMaxAge(this.#options.rotationSeconds) };
  }

  /** Any published key, the next one too: what a verifier with the JWKS accepts, KKP accepts. */
  verificationKey(kid: string): KeyObject | undefined {
    return this.#keeper.current.publicKeys.get(kid);
  }

  status(): RingStatus {
    const { ring } = this.#keeper.current;
    return {
      keys: ring.keys,
      rotationDueAt: rings.rotationDueAt(ring, this.#options),
      activeExpiresAt: rings.expiresAt(ring, this.#options),
    };
  }

  #promise(exp: number, cause?: unknown): Signer {
    const { ring, keys } = this.#keeper.current;
    const { kid } = rings.activeKey(ring);
    const key = keys.get(kid);
    if (!key || !(exp <= rings.expiresAt(ring, this.#options))) {
      throw new KkpError('unavailable', 'No signing key lives long enough for this token.', { cause });
    }
    this.#keeper.note(rings.noteSigned(ring, exp));
    return { kid, sign: (input) => sign(null, input, key.privateKey) };
  }

  async #rotate(by: RotationCause): Promise<RotatedKey> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { ring } = this.#keeper.current;
      const now = this.#now();
      if (!rings.isDue(ring, now, this.#options)) {
        if (by === 'schedule') return this.#active();
        this.#checkRoom(ring, now);
      }
      const fresh = generateSigningKey(this.#random);
      const rotated = rings.rotate(ring, now, fresh.kid, this.#options);
      if (await this.#change(rotated, [fresh])) return this.#active();
    }
    throw busy();
  }

  #checkRoom(ring: rings.Ring, now: number): void {
    const permission = rings.mayRotate(ring, now, this.#options);
    if (permission.ok) return;
    const { retryAfterSeconds } = permission;
    throw new KkpError(
      'rate_limited',
      `Live tokens still need the keys of earlier rotations, and no more than ${this.#options.maxActiveKeys} keys are kept. ` +
        `Try again in ${retryAfterSeconds} s.`,
      { retryAfterSeconds },
    );
  }

  #active(): RotatedKey {
    const { ring } = this.#keeper.current;
    return { kid: rings.activeKey(ring).kid, expires_at: rings.expiresAt(ring, this.#options) };
  }

  #begin(): Promise<boolean> {
    const [active, next] = [generateSigningKey(this.#random), generateSigningKey(this.#random)];
    return this.#keeper.begin(rings.begin(active.kid, next.kid, this.#now()), [active, next]);
  }

  async #change(...change: Parameters<RingKeeper['change']>): Promise<boolean> {
    if (await this.#keeper.change(...change)) return true;
    await this.#adopt();
    return false;
  }

  /** The active key of a stored ring may have signed the longest token until this moment, whatever its note says. */
  #adopt(): Promise<boolean> {
    const longest = this.#now() + this.#options.maxTokenTtlSeconds;
    return this.#keeper.adopt((ring) =>
      rings.noteSigned(ring, Math.min(longest, rings.expiresAt(ring, this.#options))),
    );
  }

  #isDue(): boolean {
    return rings.isDue(this.#keeper.current.ring, this.#now(), this.#options);
  }

  #now(): number {
    return unixSeconds(this.#clock);
  }
}

const busy = (): KkpError =>
  new KkpError('unavailable', 'Other processes are rotating the signing keys. Try again.');

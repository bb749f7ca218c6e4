import { isKmsError, KmsError, type Call, type Host, type KmsErrorCode } from 'kkp-plugin-kit';
import type { Lease, VaultClient } from './client.js';
import { unavailable } from './errors.js';
import type { Login } from './login.js';
import { unrefTimers, type Timers } from './timers.js';

const RENEW_AT = 2 / 3;
/** Due times are compared with the clock at least this often: raw timers overflow past 24.8 days and ignore sleep. */
const LONGEST_TICK_MS = 60 * 60 * 1000;
const RETRY_MS = { least: 1000, most: 30_000 };
const REFRESH_WITHIN_MS = 10_000;
const LEAST_LOGIN_INTERVAL_MS = 10_000;

type Ask = Pick<VaultClient, 'lookUpSelf' | 'renewSelf'>;

/**
 * The token of this server. It is renewed at two thirds of its life; where that fails or no longer lengthens it, KKP logs
 * in again. A token that was given outright can only be renewed.
 */
export class Session {
  readonly #login: Login;
  readonly #ask: Ask;
  readonly #host: Host;
  readonly #timers: Timers;
  readonly #closed = new AbortController();
  #lease: Lease | undefined;
  #beganAt = 0;
  /** Life of the token when it was new, in seconds. */
  #fullTtl = 0;
  /** Unix milliseconds; undefined when the token lives for ever. */
  #endsAt: number | undefined;
  #dueAt = 0;
  #cancel: () => void = () => undefined;
  #refreshing: Promise<void> | undefined;
  #trouble: KmsErrorCode | undefined;

  constructor(login: Login, ask: Ask, host: Host, timers: Timers = unrefTimers) {
    this.#login = login;
    this.#ask = ask;
    this.#host = host;
    this.#timers = timers;
  }

  /** Why the token could not be renewed, while it still lives. */
  get trouble(): KmsErrorCode | undefined {
    return this.#trouble;
  }

  async open(call: Call): Promise<void> {
    this.#begin(await this.#login.logIn(call));
  }

  /** @throws KmsError `unavailable` before `open` and after `close` */
  get token(): string {
    if (this.#lease && !this.#closed.signal.aborted) return this.#lease.token;
    throw unavailable('The backend is not open.');
  }

  /**
   * What a refusal of `token` means: with a token that still lives it stands. Else KKP logs in again, and the same call
   * may succeed afterwards.
   */
  async explain(refusal: KmsError, token: string, call: Call): Promise<KmsError> {
    try {
      await this.#ask.lookUpSelf(token, call);
      return refusal;
    } catch (error) {
      if (!isKmsError(error) || error.code !== 'access-denied') return asKmsError(error);
    }
    return this.#replace(token, call);
  }

  /** @throws KmsError when the token is dead; then KKP has tried to log in again */
  async check(call: Call): Promise<void> {
    const { token } = this;
    try {
      await this.#ask.lookUpSelf(token, call);
    } catch (error) {
      if (isKmsError(error) && error.code === 'access-denied') throw await this.#replace(token, call);
      throw error;
    }
  }

  close(): void {
    this.#closed.abort();
    this.#cancel();
    this.#lease = undefined;
  }

  async #replace(dead: string, call: Call): Promise<KmsError> {
    const denied = new KmsError('access-denied', 'The Vault token of this server is dead.', {
      side: 'proxy',
    });
    if (!this.#login.repeatable) return denied;
    try {
      if (this.#lease?.token === dead) {
        // A fresh token that may not even look itself up would be replaced for ever.
        if (this.#host.clock.now() - this.#beganAt < LEAST_LOGIN_INTERVAL_MS) return denied;
        await orAborted(
          this.#refresh(() => this.#logInAgain()),
          call,
        );
      }
      return unavailable('The Vault token of this server was dead. KKP has logged in again: try again.');
    } catch (error) {
      return asKmsError(error);
    }
  }

  #tick(): void {
    if (this.#host.clock.now() < this.#dueAt) {
      this.#wait();
      return;
    }
    void this.#refresh(() => this.#renew()).then(
      () => undefined,
      (error: unknown) => this.#failed(asKmsError(error)),
    );
  }

  /** One renewal or login at a time, for everybody who needs it. */
  #refresh(work: () => Promise<void>): Promise<void> {
    this.#refreshing ??= work().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #renew(): Promise<void> {
    const lease = this.#lease;
    if (!lease) return;
    if (lease.renewable) {
      const renewed = await this.#ask.renewSelf(lease.token, this.#ownCall()).catch((error: unknown) => {
        if (this.#login.repeatable) return undefined;
        throw error;
      });
      // Near its greatest age a token is renewed for what is left of it.
      const enough = renewed && (renewed.ttlSeconds === 0 || renewed.ttlSeconds * 2 >= this.#fullTtl);
      if (enough || (renewed && !this.#login.repeatable)) {
        this.#hold(renewed);
        return;
      }
    }
    if (!this.#login.repeatable) {
      throw new KmsError('access-denied', 'The Vault token cannot be renewed.', { side: 'proxy' });
    }
    await this.#logInAgain();
  }

  async #logInAgain(): Promise<void> {
    this.#begin(await this.#login.logIn(this.#ownCall()));
  }

  #begin(lease: Lease): void {
    this.#fullTtl = lease.ttlSeconds;
    this.#beganAt = this.#host.clock.now();
    this.#hold(lease);
  }

  #hold(lease: Lease): void {
    if (this.#closed.signal.aborted) return;
    const now = this.#host.clock.now();
    this.#lease = lease;
    this.#trouble = undefined;
    this.#endsAt = lease.ttlSeconds === 0 ? undefined : now + lease.ttlSeconds * 1000;
    this.#dueAt = now + lease.ttlSeconds * 1000 * RENEW_AT;
    this.#wait();
  }

  #failed(error: KmsError): void {
    if (this.#closed.signal.aborted) return;
    const now = this.#host.clock.now();
    const left = (this.#endsAt ?? now) - now;
    const known = this.#trouble === error.code;
    this.#trouble = error.code;
    this.#dueAt = now + Math.min(Math.max(left / 3, RETRY_MS.least), RETRY_MS.most);
    this.#wait();
    if (known) return;
    this.#host.log('warn', 'The Vault token could not be renewed.', {
      code: error.code,
      reason: error.message,
      secondsLeft: Math.max(0, Math.round(left / 1000)),
    });
  }

  #wait(): void {
    this.#cancel();
    if (this.#endsAt === undefined) return;
    const ms = Math.min(Math.max(this.#dueAt - this.#host.clock.now(), 0), LONGEST_TICK_MS);
    this.#cancel = this.#timers.after(ms, () => this.#tick());
  }

  #ownCall(): Call {
    const deadline = this.#host.clock.now() + REFRESH_WITHIN_MS;
    return { signal: this.#closed.signal, deadline, requestId: 'vault-login' };
  }
}

/** Waits for work that others wait for too, no longer than the call does. */
async function orAborted(work: Promise<void>, { signal }: Call): Promise<void> {
  let leave = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    leave = () => reject(unavailable('The call was aborted.'));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
  });
  await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', leave));
}

function asKmsError(error: unknown): KmsError {
  return isKmsError(error) ? error : new KmsError('unavailable', 'The login failed.', { cause: error });
}

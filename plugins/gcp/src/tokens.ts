import type { Host } from 'kkp-plugin-kit';
import { credentialError, noToken, tokenTimeout } from './errors.js';

export interface AccessToken {
  readonly token: string;
  /** Unix time in milliseconds. */
  readonly expiresAt: number;
  /** The project whose quota and bill the calls count for, where it is not the key's. */
  readonly quotaProject?: string;
}

/** Where access tokens come from. Each call fetches a new one: they are kept here. */
export interface GcpCredential {
  getAccessToken(): Promise<AccessToken>;
}

const REFRESH_BEFORE_MS = 5 * 60_000;
const RETRY_AFTER_MS = 10_000;
const TOKEN_TIMEOUT_MS = 30_000;
/** A token that Cloud KMS refuses is replaced, but not one as young as this: a fresh one would fare no better. */
const YOUNG_MS = 10_000;

/**
 * Keeps the token. One fetch is under way at most, for all who wait; in the last five minutes of a token the fetch goes on
 * behind the calls, which use the old one for as long as it lasts.
 */
export class Tokens {
  readonly #credential: GcpCredential;
  readonly #clock: Host['clock'];
  #held: { readonly token: AccessToken; readonly since: number } | undefined;
  #underWay: Promise<AccessToken> | undefined;
  #notBefore = 0;

  constructor(credential: GcpCredential, clock: Host['clock']) {
    this.#credential = credential;
    this.#clock = clock;
  }

  /** @throws KmsError of side `proxy` */
  async get(): Promise<AccessToken> {
    const now = this.#clock.now();
    const token = this.#held?.token;
    if (token === undefined || token.expiresAt <= now) return await this.#renew();
    if (token.expiresAt - REFRESH_BEFORE_MS <= now && this.#notBefore <= now) {
      this.#renew().catch(() => {
        this.#notBefore = this.#clock.now() + RETRY_AFTER_MS;
      });
    }
    return token;
  }

  /** Cloud KMS did not take this token. */
  refused(token: AccessToken): void {
    if (this.#held?.token !== token || this.#clock.now() - this.#held.since < YOUNG_MS) return;
    this.#held = undefined;
  }

  #renew(): Promise<AccessToken> {
    this.#underWay ??= this.#fetch().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #fetch(): Promise<AccessToken> {
    const token = await this.#ask().catch((error: unknown) => {
      throw credentialError(error);
    });
    const since = this.#clock.now();
    if (!isHeaderValue(token.token) || !(token.expiresAt > since)) throw noToken();
    this.#held = { token, since };
    return token;
  }

  async #ask(): Promise<AccessToken> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(tokenTimeout()), TOKEN_TIMEOUT_MS).unref();
    });
    try {
      return await Promise.race([this.#credential.getAccessToken(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const isHeaderValue = (text: unknown): boolean =>
  typeof text === 'string' && /^[\x21-\x7e]{1,16384}$/.test(text);

import { createHash } from 'node:crypto';
import type { KmsError } from 'kkp-plugin-kit';
import { Child, ModuleRefusal, type ChildSettings } from './child.js';
import type { Pkcs11Config } from './config.js';
import { ownEnvironment, pick, readPin } from './environment.js';
import type { Timers } from './timers.js';

/** A process that is logged in. */
export interface Started {
  readonly child: Child;
  readonly serial: string;
  /** Operations that it takes at once. */
  readonly sessions: number;
}

interface StarterSettings {
  readonly worker: URL;
  readonly timers: Timers;
}

/** Starts processes that log in to one token, and never tries a PIN again that the token refused: a few lock it. */
export class Starter {
  readonly #config: Pkcs11Config;
  readonly #settings: StarterSettings;
  #refused: { readonly digest: string; readonly error: KmsError } | undefined;
  /** Once known it stays the same: key ids hold it. */
  #serial: string | undefined;

  constructor(config: Pkcs11Config, settings: StarterSettings) {
    this.#config = config;
    this.#settings = settings;
    this.#serial = config.tokenSerial;
  }

  /** @throws KmsError */
  async start(onChild: (child: Child) => void): Promise<Started> {
    const variables = ownEnvironment();
    const pin = await readPin(this.#config.pin, variables);
    try {
      const digest = createHash('sha256').update(pin).digest('hex');
      if (this.#refused?.digest === digest) throw this.#refused.error;
      const child = new Child(this.#childSettings(variables));
      onChild(child);
      return await this.#logIn(child, pin, digest);
    } finally {
      pin.fill(0);
    }
  }

  async #logIn(child: Child, pin: Buffer, digest: string): Promise<Started> {
    const { module, tokenLabel = null, mechanism, sessions, rememberMs } = this.#config;
    const token = { tokenLabel, tokenSerial: this.#serial ?? null };
    const request = { op: 'start', module, ...token, mechanism, sessions, rememberMs } as const;
    try {
      const { result } = await child.send<'start'>(request, [pin]);
      this.#serial = result.serial;
      this.#refused = undefined;
      return { child, ...result };
    } catch (error) {
      child.kill();
      if (!(error instanceof ModuleRefusal)) throw error;
      const refusal = error.toKmsError();
      if (/^CKR_PIN_(?:INCORRECT|INVALID|LEN_RANGE)$/.test(error.failure.name))
        this.#refused = { digest, error: refusal };
      throw refusal;
    }
  }

  #childSettings(variables: NodeJS.ProcessEnv): ChildSettings {
    const { env: names, sessions, hungMs } = this.#config;
    // An operation occupies a thread of libuv's pool, which has four of them by default.
    const env = { UV_THREADPOOL_SIZE: String(sessions), ...pick(names, variables) };
    return { ...this.#settings, env, hungMs };
  }
}

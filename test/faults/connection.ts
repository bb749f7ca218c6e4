import { isKmsError, type Host, type KmsPlugin, type WrappedKey } from 'kkp-plugin-kit';
import { bindAad } from 'kkp-plugin-kit/testkit';
import {
  BackendRegistry,
  kmsToKkpError,
  type PortableBackend,
  type RegistryOptions,
} from '../../src/backends/index.js';
import { systemRandom } from '../../src/random.js';
import type { Operation, Outcome } from './fault-table.js';
import { withinDeadline, type Ending } from './within-deadline.js';

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
const AAD = bindAad({ tenant: 'red' });
const CALL = { requestId: 'test' };

export type Limits = RegistryOptions & { readonly callTimeoutMs: number };

/** KKP's side: an open registry of one backend, as the rest of KKP sees it. */
export class Connection {
  #ahead = 0;
  /** What `unwrapKey` opens. */
  wrapped: WrappedKey | undefined;
  readonly #name: string;
  readonly #deadlineMs: number;
  readonly #registry: BackendRegistry;
  readonly #clock = { now: () => Date.now() + this.#ahead };

  private constructor(
    plugin: KmsPlugin,
    private readonly keyId: string,
    limits: Limits,
    log: Host['log'],
  ) {
    this.#name = plugin.name;
    this.#deadlineMs = limits.callTimeoutMs;
    this.#registry = new BackendRegistry([plugin], limits, this.#clock, systemRandom, log);
  }

  static async open(
    plugin: KmsPlugin,
    keyId: string,
    limits: Limits,
    log: Host['log'] = () => undefined,
  ): Promise<Connection> {
    const connection = new Connection(plugin, keyId, limits, log);
    await connection.#registry.open();
    return connection;
  }

  /** Makes the blob that `unwrapKey` opens. */
  async prepare(): Promise<this> {
    this.wrapped = await this.#backend.wrapKey(this.#wrapRequest(), CALL);
    return this;
  }

  /** Lets time pass for KKP; timers go on as they do. */
  later(ms: number): void {
    this.#ahead += ms;
  }

  async attempt(operation: Operation): Promise<Outcome | Ending<unknown>> {
    return outcomeOf(await withinDeadline(this.#deadlineMs, () => this.#run(operation)));
  }

  async close(): Promise<void> {
    await this.#registry.close();
  }

  async #run(operation: Operation): Promise<unknown> {
    const { keyId } = this;
    switch (operation) {
      case 'wrapKey':
        return await this.#backend.wrapKey(this.#wrapRequest(), CALL);
      case 'unwrapKey':
        return await this.#backend.unwrapKey({ keyId, wrapped: this.wrapped!, ...this.#aad() }, CALL);
      case 'describeKey':
        return await this.#backend.describeKey(keyId, CALL);
    }
  }

  get #backend(): PortableBackend {
    return this.#registry.get(this.#name);
  }

  #wrapRequest() {
    return { keyId: this.keyId, plaintext: SECRET, ...this.#aad() };
  }

  #aad() {
    return this.#backend.capabilities(this.keyId).aad === 'none' ? {} : { aad: AAD };
  }
}

/** An ending in the terms of the table. Any other error, and a call that is late, are what they are. */
function outcomeOf(ending: Ending<unknown>): Outcome | Ending<unknown> {
  if (ending.is === 'value') return 'ok';
  if (ending.is === 'late' || !isKmsError(ending.error)) return ending;
  const { code: kms, retryAfterMs } = ending.error;
  const { code: kkp, retryAfterSeconds } = kmsToKkpError(ending.error);
  return {
    kms,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    kkp,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

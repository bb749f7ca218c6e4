import { isKmsError, type WrappedKey } from 'kkp-plugin-kit';
import { bindAad } from 'kkp-plugin-kit/testkit';
import { BackendRegistry, kmsToKkpError, type PortableBackend } from '../../src/backends/index.js';
import { systemRandom } from '../../src/random.js';
import type { FaultyService } from '../support/services/index.js';
import type { Operation, Outcome } from './fault-table.js';
import { pluginOf } from './plugin-of.js';
import { withinDeadline, type Ending } from './within-deadline.js';

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
const AAD = bindAad({ tenant: 'red' });
const NAME = 'test';
const CALL = { requestId: 'test' };

/** KKP's side: an open registry of one backend, as the rest of KKP sees it. */
export class Connection {
  #ahead = 0;
  #wrapped: WrappedKey | undefined;
  readonly #registry: BackendRegistry;
  readonly #clock = { now: () => Date.now() + this.#ahead };

  constructor(
    readonly service: FaultyService,
    readonly deadlineMs: number,
  ) {
    const limits = { callTimeoutMs: deadlineMs, openTimeoutMs: deadlineMs };
    const log = () => undefined;
    this.#registry = new BackendRegistry([pluginOf(service, NAME)], limits, this.#clock, systemRandom, log);
  }

  /** Opens the backend and makes a blob to open, so that what is learned once is known. */
  async open(): Promise<this> {
    await this.openOnly();
    this.#wrapped = await this.#backend.wrapKey(this.#wrapRequest(), CALL);
    await this.#run('unwrapKey');
    return this;
  }

  async openOnly(): Promise<void> {
    await this.#registry.open();
  }

  /** Lets time pass for KKP; timers go on as they do. */
  later(ms: number): void {
    this.#ahead += ms;
  }

  attempt(operation: Operation): Promise<Ending<unknown>> {
    return withinDeadline(this.deadlineMs, () => this.#run(operation));
  }

  async close(): Promise<void> {
    await this.#registry.close();
  }

  async #run(operation: Operation): Promise<unknown> {
    const { keyId } = this.service;
    switch (operation) {
      case 'wrapKey':
        return await this.#backend.wrapKey(this.#wrapRequest(), CALL);
      case 'unwrapKey':
        return await this.#backend.unwrapKey({ keyId, wrapped: this.#wrapped!, ...this.#aad() }, CALL);
      case 'describeKey':
        return await this.#backend.describeKey(keyId, CALL);
    }
  }

  get #backend(): PortableBackend {
    return this.#registry.get(NAME);
  }

  #wrapRequest() {
    return { keyId: this.service.keyId, plaintext: SECRET, ...this.#aad() };
  }

  #aad() {
    return this.#backend.capabilities(this.service.keyId).aad === 'none' ? {} : { aad: AAD };
  }
}

/** An ending in the terms of the table. Any other error, and a call that is late, are what they are. */
export function outcome(ending: Ending<unknown>): Outcome | Ending<unknown> {
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

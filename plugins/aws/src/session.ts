import { setMaxListeners } from 'node:events';
import { withinCall, type Call, type Host } from 'kkp-plugin-kit';
import type { AwsKms } from './client.js';
import { ended, toKmsError } from './errors.js';

/** Sends one request within the limits of a call. Rejects with `KmsError` only. */
export type Ask = <T extends object>(
  send: (kms: AwsKms, options: { readonly abortSignal: AbortSignal }) => Promise<T>,
) => Promise<T>;

/** The client's life: nothing is sent before `open` and after `close`. */
export class Session {
  readonly #connect: () => Promise<AwsKms>;
  readonly #clock: Host['clock'];
  readonly #closed = new AbortController();
  #kms: AwsKms | undefined;
  #wasOpened = false;
  #isOpen = false;

  constructor(connect: () => Promise<AwsKms>, clock: Host['clock']) {
    this.#connect = connect;
    this.#clock = clock;
    // One for each call under way: more than ten are no leak.
    setMaxListeners(0, this.#closed.signal);
  }

  /** Loads the SDK and gets credentials. */
  async open(call: Call): Promise<void> {
    if (this.#wasOpened) throw ended('A backend is opened once only.');
    this.#wasOpened = true;
    this.#kms = await this.#within(call, this.#connect, (late) => late.destroy());
    await this.#within(call, () => this.#client().logIn());
    this.#isOpen = true;
  }

  /** For all requests of one call. */
  asking(call: Call): Ask {
    return async (send) => {
      if (!this.#isOpen) throw ended('The backend is not open.');
      return await this.#within(call, (abortSignal) => send(this.#client(), { abortSignal }), clear);
    };
  }

  close(): void {
    this.#isOpen = false;
    this.#closed.abort();
    this.#kms?.destroy();
  }

  async #within<T>(
    call: Call,
    run: (signal: AbortSignal) => Promise<T>,
    discard: (late: T) => void = () => undefined,
  ): Promise<T> {
    try {
      return await withinCall(call, this.#clock, run, { closed: this.#closed.signal, discard });
    } catch (error) {
      throw toKmsError(error, this.#clock.now());
    }
  }

  #client(): AwsKms {
    if (!this.#kms) throw ended('The backend is not open.');
    return this.#kms;
  }
}

function clear(late: object): void {
  if ('Plaintext' in late && late.Plaintext instanceof Uint8Array) late.Plaintext.fill(0);
}

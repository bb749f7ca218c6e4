import { setImmediate as turn } from 'node:timers/promises';
import {
  isKmsError,
  OptionReader,
  type BoundAad,
  type Call,
  type Host,
  type WrappedKey,
} from 'kkp-plugin-kit';
import { Pkcs11Backend } from '../../src/backend.js';
import { parseConfig, type Pkcs11Options } from '../../src/config.js';
import { LABEL, type FakeToken } from './fake-token.js';
import { ManualTime } from './manual-time.js';

export const FAKE_WORKER = new URL('../fake/worker.mjs', import.meta.url);
export const PLAINTEXT = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

interface Settings {
  readonly options?: Partial<Pkcs11Options>;
  readonly worker?: URL;
}

interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A backend in front of a real process with the fake module in it, on time that the test moves. */
export class Connection {
  readonly time = new ManualTime(Date.UTC(2026, 10, 24));
  readonly backend: Pkcs11Backend;
  readonly logged: Logged[] = [];

  constructor(
    readonly token: FakeToken,
    { options = {}, worker = FAKE_WORKER }: Settings = {},
  ) {
    const { module, pinFile } = token;
    const pin = options.pinEnv === undefined ? { pinFile } : {};
    const read = new OptionReader({ module, ...pin, tokenLabel: LABEL, ...options });
    const config = parseConfig(read);
    expect(read.faults()).toEqual([]);
    const host: Host = {
      clock: this.time,
      random: { bytes: (length) => Uint8Array.from({ length }, (_, index) => index + 1) },
      log: (level, message, fields) => void this.logged.push({ level, message, ...(fields && { fields }) }),
    };
    this.backend = new Pkcs11Backend(config, host, { worker, timers: this.time });
  }

  static async open(token: FakeToken, settings?: Settings): Promise<Connection> {
    const connection = new Connection(token, settings);
    await connection.backend.open(connection.call());
    token.calls();
    return connection;
  }

  /** Of the process that was ready last. */
  get pid(): number {
    return Number(this.ready.at(-1)?.fields?.pid);
  }

  /** One entry for each process that became ready. */
  get ready(): readonly Logged[] {
    return this.logged.filter(({ message }) => message.endsWith('is ready.'));
  }

  call({ signal = new AbortController().signal, withinMs = 10_000 } = {}): Call {
    return { signal, deadline: this.time.now() + withinMs, requestId: 'test' };
  }

  wrap(keyId = 'orders', { plaintext = PLAINTEXT, aad, call = this.call() }: Wrap = {}): Promise<WrappedKey> {
    return this.backend.wrapKey({ keyId, plaintext, ...(aad && { aad }) }, call);
  }

  unwrap(wrapped: WrappedKey, { keyId = 'orders', aad, call = this.call() }: Unwrap = {}) {
    return this.backend.unwrapKey({ keyId, wrapped, ...(aad && { aad }) }, call);
  }

  describe(ref = 'orders') {
    return this.backend.describeKey(ref, this.call());
  }

  health(call = this.call()) {
    return this.backend.health(call);
  }
}

interface Wrap {
  plaintext?: Uint8Array;
  aad?: BoundAad;
  call?: Call;
}

interface Unwrap {
  keyId?: string;
  aad?: BoundAad;
  call?: Call;
}

/** What the caller of a refused call can tell apart. */
export async function refusal(attempt: Promise<unknown>): Promise<Record<string, unknown>> {
  return attempt.then(
    () => ({ code: 'none' }),
    (error: unknown) => {
      if (!isKmsError(error)) throw error;
      const { code, side, providerCode, message } = error;
      return { code, side, providerCode, message };
    },
  );
}

/** Waits for what happens in another process, without a sleep of a fixed length. */
export async function until(what: string, happened: () => boolean): Promise<void> {
  const patience = Date.now() + 10_000;
  while (!happened()) {
    if (Date.now() > patience) throw new Error(`${what} did not happen`);
    await turn();
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

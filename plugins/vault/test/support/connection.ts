import {
  isKmsError,
  OptionReader,
  type BoundAad,
  type Call,
  type Host,
  type WrappedKey,
} from 'kkp-plugin-kit';
import { VaultBackend } from '../../src/backend.js';
import { parseConfig, type VaultOptions } from '../../src/config.js';
import type { FakeVault } from '../fake/server.js';
import { LEAST, type Policy } from '../fake/tokens.js';
import { ManualTime } from './manual-time.js';

export const PLAINTEXT = Uint8Array.from({ length: 32 }, (_, index) => index);

interface Settings {
  readonly policy?: Policy;
  readonly options?: Partial<VaultOptions>;
  readonly time?: ManualTime;
}

/** A backend on the real client, in front of the fake, with calls cut short for tests. */
export class Connection {
  readonly time: ManualTime;
  readonly backend: VaultBackend;
  readonly logged: { level: string; message: string; fields?: Readonly<Record<string, unknown>> }[] = [];

  constructor(
    readonly server: FakeVault,
    { policy = LEAST, options, time = new ManualTime(Date.now()) }: Settings = {},
  ) {
    this.time = time;
    const login =
      options?.auth || options?.token || options?.tokenFile ? {} : { token: server.tokens.issue({ policy }) };
    const read = new OptionReader({ address: server.address, ...login, ...options });
    const config = parseConfig(read);
    expect(read.faults()).toEqual([]);
    const host: Host = {
      clock: time,
      random: { bytes: (length) => new Uint8Array(length) },
      log: (level, message, fields) => void this.logged.push({ level, message, ...(fields && { fields }) }),
    };
    this.backend = new VaultBackend(config, host, time);
  }

  static async open(server: FakeVault, settings?: Settings): Promise<Connection> {
    const connection = new Connection(server, settings);
    await connection.backend.open(connection.call());
    server.seen.length = 0;
    return connection;
  }

  call({ signal = new AbortController().signal, withinMs = 10_000 } = {}): Call {
    return { signal, deadline: this.time.now() + withinMs, requestId: 'test' };
  }

  wrap(keyId = 'orders', { plaintext = PLAINTEXT, aad, call = this.call() }: Wrap = {}) {
    return this.backend.wrapKey({ keyId, plaintext, ...(aad && { aad }) }, call);
  }

  unwrap(wrapped: WrappedKey | string, { keyId = 'orders', call = this.call() } = {}) {
    return this.backend.unwrapKey(
      { keyId, wrapped: typeof wrapped === 'string' ? blobOf(wrapped) : wrapped },
      call,
    );
  }

  describe(ref = 'orders', call = this.call()) {
    return this.backend.describeKey(ref, call);
  }

  health(call = this.call()) {
    return this.backend.health(call);
  }

  /** What the fake was asked, as `METHOD path`. */
  get asked(): readonly string[] {
    return this.server.seen.map(({ method, path }) => `${method} ${path}`);
  }
}

interface Wrap {
  plaintext?: Uint8Array;
  aad?: BoundAad;
  call?: Call;
}

export function blobOf(text: string): WrappedKey {
  return {
    blob: Uint8Array.from(Buffer.from(text, 'latin1')),
    alg: 'aes256-gcm96',
    key: { keyId: 'transit/keys/orders' },
  };
}

export const textOf = ({ blob }: WrappedKey): string => Buffer.from(blob).toString('latin1');

/** What the caller of a refused call can tell apart. */
export async function refusal(attempt: Promise<unknown>): Promise<Record<string, unknown>> {
  return attempt.then(
    () => ({ code: 'none' }),
    (error: unknown) => {
      if (!isKmsError(error)) throw error;
      const { code, side, providerCode, retryAfterMs, message } = error;
      return { code, side, providerCode, retryAfterMs, message };
    },
  );
}

/** Waits for what the backend does by itself, without a sleep. */
export async function until(what: string, happened: () => boolean): Promise<void> {
  const patience = Date.now() + 5000;
  while (!happened()) {
    if (Date.now() > patience) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

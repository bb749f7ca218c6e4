import {
  withinCall,
  type BoundAad,
  type Call,
  type Host,
  type KeyDescription,
  type KmsBackend,
  type KmsCapabilities,
  type KmsHealth,
  type OpenedKey,
  type UnwrapRequest,
  type WrappedKey,
  type WrapRequest,
} from 'kkp-plugin-kit';
import { connect, type MineClient } from './client.js';
import type { MineConfig } from './config.js';
import { badRequest, notOpen, toKmsError } from './errors.js';

const ALG = 'AES-256-GCM';
const KEY_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
const MAX_PLAINTEXT_BYTES = 4096;

/** GAP: what the service's keys can do. */
const CAPABILITIES: KmsCapabilities = Object.freeze({
  aad: 'bytes',
  maxPlaintextBytes: MAX_PLAINTEXT_BYTES,
  integrity: 'aead',
  versions: 'none',
  reportsVersionOnWrap: false,
  reportsVersionOnUnwrap: false,
  generateDataKey: false,
  rewrap: 'none',
});

/** One connection to the service. */
export class MineBackend implements KmsBackend {
  readonly #config: MineConfig;
  readonly #clock: Host['clock'];
  readonly #closed = new AbortController();
  #client: MineClient | undefined;
  #opened = false;

  constructor(config: MineConfig, host: Host) {
    this.#config = config;
    this.#clock = host.clock;
  }

  capabilities(): KmsCapabilities {
    return CAPABILITIES;
  }

  async open(call: Call): Promise<void> {
    if (this.#opened) throw notOpen();
    this.#opened = true;
    this.#client = await this.#within(call, (signal) => connect(this.#config, signal));
  }

  async wrapKey({ keyId, plaintext, aad }: WrapRequest, call: Call): Promise<WrappedKey> {
    const key = readKeyId(keyId);
    if (plaintext.length === 0 || plaintext.length > MAX_PLAINTEXT_BYTES) {
      throw badRequest(`A key wraps 1 to ${MAX_PLAINTEXT_BYTES} bytes.`);
    }
    const blob = await this.#ask(call, (client, signal) =>
      client.encrypt(key, plaintext, bytesOf(aad), signal),
    );
    return { blob: Uint8Array.from(blob), alg: ALG, key: { keyId: key } };
  }

  /** Names the asked key to the service: the one in the blob's pin came with the blob. */
  async unwrapKey({ keyId, wrapped, aad }: UnwrapRequest, call: Call): Promise<OpenedKey> {
    const key = readKeyId(keyId);
    const answer = await this.#ask(
      call,
      (client, signal) => client.decrypt(key, wrapped.blob, bytesOf(aad), signal),
      (late) => void late.fill(0),
    );
    // A copy of its own, which the core may zero: a client's bytes may be a view of a pool.
    const plaintext = Uint8Array.from(answer);
    answer.fill(0);
    return { plaintext, key: { keyId: key } };
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    const keyId = readKeyId(ref);
    const { enabled } = await this.#ask(call, (client, signal) => client.describe(keyId, signal));
    return { key: { keyId }, state: enabled ? 'enabled' : 'disabled', alg: ALG, protection: 'unknown' };
  }

  async health(call: Call): Promise<KmsHealth> {
    const started = this.#clock.now();
    await this.#ask(call, (client, signal) => client.ping(signal));
    const checkedAt = this.#clock.now();
    return { status: 'up', latencyMs: Math.max(checkedAt - started, 0), checkedAt };
  }

  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  async #ask<T>(
    call: Call,
    send: (client: MineClient, signal: AbortSignal) => Promise<T>,
    discard?: (late: T) => void,
  ): Promise<T> {
    const client = this.#client;
    if (!client) throw notOpen();
    return await this.#within(call, (signal) => send(client, signal), discard);
  }

  async #within<T>(
    call: Call,
    work: (signal: AbortSignal) => Promise<T>,
    discard?: (late: T) => void,
  ): Promise<T> {
    const closed = this.#closed.signal;
    try {
      return await withinCall(call, this.#clock, work, { closed, ...(discard && { discard }) });
    } catch (error) {
      throw toKmsError(error);
    }
  }
}

/** GAP: the canonical id of a key. What is no key id does not reach the service. */
function readKeyId(text: string): string {
  if (KEY_ID.test(text)) return text;
  throw badRequest('A key id is 1 to 64 of a-z, 0-9 and hyphen.');
}

function bytesOf(aad: BoundAad | undefined): Uint8Array {
  return aad?.bytes ?? new Uint8Array();
}

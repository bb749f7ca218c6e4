import {
  isKmsError,
  KmsError,
  type BoundAad,
  type Call,
  type Host,
  type KeyDescription,
  type KeyPin,
  type KmsBackend,
  type KmsCapabilities,
  type KmsErrorCode,
  type KmsHealth,
  type OpenedKey,
  type UnwrapRequest,
  type WrappedKey,
  type WrapRequest,
} from 'kkp-plugin-kit';
import { decodeBlob, encodeBlob, IV_BYTES } from './blob.js';
import { Client } from './client.js';
import type { Pkcs11Config } from './config.js';
import { unavailable } from './errors.js';
import { canonicalId, labelOf } from './key-id.js';
import { CAPABILITIES } from './mechanism.js';
import { Starter } from './starter.js';
import { unrefTimers, type Timers } from './timers.js';

/** Seams for tests. */
interface Pkcs11Seams {
  readonly worker?: URL;
  readonly timers?: Timers;
}

const WORKER = new URL('./worker/main.js', import.meta.url);
const NONE = new Uint8Array();

/** The keys of one token, behind a process of its own. */
export class Pkcs11Backend implements KmsBackend {
  readonly #config: Pkcs11Config;
  readonly #host: Host;
  readonly #client: Client;
  #state: 'new' | 'opening' | 'open' | 'closed' = 'new';

  constructor(config: Pkcs11Config, host: Host, { worker = WORKER, timers = unrefTimers }: Pkcs11Seams = {}) {
    this.#config = config;
    this.#host = host;
    this.#client = new Client(new Starter(config, { worker, timers }), host, { timers, queue: config.queue });
  }

  capabilities(): KmsCapabilities {
    return CAPABILITIES[this.#config.mechanism];
  }

  async open(call: Call): Promise<void> {
    if (this.#state !== 'new') throw unavailable('A backend is opened once only.');
    this.#state = 'opening';
    await this.#client.open(call);
    if (this.#isClosed()) throw unavailable('The backend was closed while it opened.');
    this.#state = 'open';
  }

  async wrapKey({ keyId, plaintext, aad }: WrapRequest, call: Call): Promise<WrappedKey> {
    const label = this.#admit(keyId, aad);
    const { maxPlaintextBytes } = this.capabilities();
    if (plaintext.length === 0 || plaintext.length > maxPlaintextBytes) {
      throw refused('invalid-request', `A key wraps 1 to ${maxPlaintextBytes} bytes here.`);
    }
    const parts = [plaintext, this.#newIv(), aad?.bytes ?? NONE];
    const { result, parts: sealed } = await this.#client.request<'wrap'>({ op: 'wrap', label }, parts, call);
    const [ciphertext = NONE, iv = NONE] = sealed;
    const { mechanism: alg } = this.#config;
    const { version } = result;
    return { blob: encodeBlob(alg, { version, iv, ciphertext }), alg, key: this.#pin(label, version) };
  }

  async unwrapKey({ keyId, wrapped, aad }: UnwrapRequest, call: Call): Promise<OpenedKey> {
    const label = this.#admit(keyId, aad);
    const { mechanism } = this.#config;
    const blob = wrapped.alg === mechanism ? decodeBlob(mechanism, wrapped.blob) : undefined;
    if (!blob) throw refused('invalid-ciphertext', `This is no blob of ${mechanism}.`);
    const { version, ciphertext, iv } = blob;
    const parts = [ciphertext, iv, aad?.bytes ?? NONE];
    const { result, parts: opened } = await this.#client.request<'unwrap'>(
      { op: 'unwrap', label, version },
      parts,
      call,
    );
    const [plaintext] = opened;
    if (!plaintext?.length) throw unavailable('The process of the module gave no plaintext.');
    return { plaintext, key: this.#pin(label, version), stale: result.stale };
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    const label = this.#admit(ref);
    const { result } = await this.#client.request<'describe'>({ op: 'describe', label }, [], call);
    return {
      key: this.#pin(label, result.version),
      state: result.enabled ? 'enabled' : 'disabled',
      alg: this.#config.mechanism,
      protection: result.hardware ? 'hsm' : 'software',
    };
  }

  async health(call: Call): Promise<KmsHealth> {
    this.#assertOpen();
    const started = this.#host.clock.now();
    const failure = await this.#probe(call);
    const checkedAt = this.#host.clock.now();
    const times = { latencyMs: checkedAt - started, checkedAt };
    if (failure === undefined) return { status: 'up', ...times };
    return { status: failure === 'throttled' ? 'degraded' : 'down', detail: failure, ...times };
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    await this.#client.close();
  }

  async #probe(call: Call): Promise<KmsErrorCode | undefined> {
    try {
      await this.#client.request<'probe'>({ op: 'probe' }, [], call);
      return undefined;
    } catch (error) {
      if (call.signal.aborted || this.#isClosed() || !isKmsError(error)) throw error;
      return error.code;
    }
  }

  #newIv(): Uint8Array {
    if (this.#config.mechanism !== 'CKM_AES_GCM') return NONE;
    return this.#config.iv === 'module' ? new Uint8Array(IV_BYTES) : this.#host.random.bytes(IV_BYTES);
  }

  #admit(keyId: string, aad?: BoundAad): string {
    this.#assertOpen();
    const { maxAadBytes } = this.capabilities();
    if (aad && maxAadBytes === undefined) throw refused('unsupported', 'AES key wrap takes no AAD.');
    if (aad && maxAadBytes !== undefined && aad.bytes.length > maxAadBytes) {
      throw refused('invalid-request', `A key takes at most ${maxAadBytes} bytes of AAD.`);
    }
    return labelOf(keyId, this.#client.serial);
  }

  #pin(label: string, version: number): KeyPin {
    return { keyId: canonicalId(label, this.#client.serial), version: String(version) };
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw unavailable('The backend is not open.');
  }
}

const refused = (code: 'invalid-request' | 'invalid-ciphertext' | 'unsupported', message: string): KmsError =>
  new KmsError(code, message, { side: 'caller' });

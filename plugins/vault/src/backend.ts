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
import { decodeBase64, decodeBlob, encodeBase64, encodeBlob, versionLabel } from './ciphertext.js';
import { VaultClient } from './client.js';
import type { VaultConfig } from './config.js';
import { strangeAnswer, unavailable } from './errors.js';
import { VaultHttp } from './http.js';
import { KeyIds } from './key-id.js';
import { createLogin } from './login.js';
import { Session } from './session.js';
import { unrefTimers } from './timers.js';
import { Transit } from './transit.js';

/**
 * `rewrap` is none: transit's own takes no `associated_data` (hashicorp/vault#29532), and all that the core wraps is bound
 * to some. `generateDataKey` is false for the same reason. The listeners of Vault 1.21 refuse JSON strings over 1 MiB
 * (http/handler.go): 512 KiB of AAD fit in base64.
 */
const CAPABILITIES = Object.freeze({
  aad: 'bytes',
  maxAadBytes: 512 * 1024,
  maxPlaintextBytes: 4096,
  integrity: 'aead',
  versions: 'in-blob',
  reportsVersionOnWrap: true,
  reportsVersionOnUnwrap: true,
  generateDataKey: false,
  rewrap: 'none',
} as const satisfies KmsCapabilities);

/** One login to Vault or OpenBao, and the keys of one transit mount. */
export class VaultBackend implements KmsBackend {
  readonly #clock: Host['clock'];
  readonly #client: VaultClient;
  readonly #session: Session;
  readonly #transit: Transit;
  readonly #ids: KeyIds;
  #state: 'new' | 'opening' | 'open' | 'closed' = 'new';

  constructor(config: VaultConfig, host: Host, timers = unrefTimers) {
    this.#clock = host.clock;
    this.#client = new VaultClient(new VaultHttp(config, host.clock), config.mount);
    this.#session = new Session(createLogin(config.credentials, this.#client), this.#client, host, timers);
    this.#transit = new Transit(this.#client, this.#session, host);
    this.#ids = new KeyIds(config.mount);
  }

  capabilities(): KmsCapabilities {
    return CAPABILITIES;
  }

  async open(call: Call): Promise<void> {
    if (this.#state !== 'new') throw unavailable('A backend is opened once only.');
    this.#state = 'opening';
    await this.#session.open(call);
    if (this.#isClosed()) throw unavailable('The backend was closed while it opened.');
    this.#state = 'open';
  }

  async wrapKey({ keyId, plaintext, aad }: WrapRequest, call: Call): Promise<WrappedKey> {
    const name = this.#admit(keyId, aad);
    const { maxPlaintextBytes } = CAPABILITIES;
    if (plaintext.length === 0 || plaintext.length > maxPlaintextBytes) {
      throw badRequest(`A transit key wraps 1 to ${maxPlaintextBytes} bytes here.`);
    }
    const input = { plaintext: encodeBase64(plaintext), aad: aad && encodeBase64(aad.bytes) };
    const { ciphertext, type } = await this.#transit.encrypt(name, input, call);
    return { blob: encodeBlob(ciphertext), alg: type, key: this.#pin(name, ciphertext.version) };
  }

  /** Vault's answer names no key: that the path names it, and the AEAD binds it, is all there is to check. */
  async unwrapKey({ keyId, wrapped, aad }: UnwrapRequest, call: Call): Promise<OpenedKey> {
    const name = this.#admit(keyId, aad);
    const ciphertext = decodeBlob(wrapped.blob);
    if (!ciphertext) throw new KmsError('invalid-ciphertext', 'Vault made no such blob.', { side: 'caller' });
    const input = { ciphertext, aad: aad && encodeBase64(aad.bytes) };
    const answer = await this.#transit.decrypt(name, input, call);
    const plaintext = decodeBase64(answer.plaintext);
    if (!plaintext) throw strangeAnswer();
    return { plaintext, key: this.#pin(name, ciphertext.version), stale: answer.stale };
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    const name = this.#admit(ref);
    const { type, latest, softDeleted } = await this.#transit.read(name, call);
    const state = softDeleted ? 'disabled' : 'enabled';
    return { key: this.#pin(name, latest), state, alg: type, protection: 'software' };
  }

  async health(call: Call): Promise<KmsHealth> {
    this.#assertOpen();
    const started = this.#clock.now();
    const failure = await this.#probe(call);
    const checkedAt = this.#clock.now();
    const times = { latencyMs: checkedAt - started, checkedAt };
    if (failure !== undefined) return { status: 'down', detail: failure, ...times };
    const { trouble } = this.#session;
    return trouble === undefined
      ? { status: 'up', ...times }
      : { status: 'degraded', detail: trouble, ...times };
  }

  close(): Promise<void> {
    this.#state = 'closed';
    this.#session.close();
    return Promise.resolve();
  }

  async #probe(call: Call): Promise<KmsErrorCode | undefined> {
    try {
      await this.#client.health(call);
      await this.#session.check(call);
      return undefined;
    } catch (error) {
      if (call.signal.aborted || this.#isClosed() || !isKmsError(error)) throw error;
      return error.code;
    }
  }

  #admit(keyId: string, aad?: BoundAad): string {
    this.#assertOpen();
    const { maxAadBytes } = CAPABILITIES;
    if (aad && aad.bytes.length > maxAadBytes) {
      throw badRequest(`A transit key takes at most ${maxAadBytes} bytes of AAD.`);
    }
    return this.#ids.nameOf(keyId);
  }

  #pin(name: string, version: number): KeyPin {
    return { keyId: this.#ids.canonical(name), version: versionLabel(version) };
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw unavailable('The backend is not open.');
  }
}

const badRequest = (message: string): KmsError =>
  new KmsError('invalid-request', message, { side: 'caller' });

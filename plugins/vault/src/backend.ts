import {
  isKmsError,
  KmsError,
  type BoundAad,
  type Call,
  type Host,
  type KeyDescription,
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
import { KnownKeys, type KnownKey } from './known-keys.js';
import { createLogin } from './login.js';
import { Session } from './session.js';

/**
 * `rewrap` is none: transit's own takes no `associated_data` (hashicorp/vault#29532), and all that the core wraps is bound
 * to some. `generateDataKey` is false for the same reason. The listeners of Vault 1.21 refuse JSON strings over 1 MiB
 * (http/handler.go): 512 KiB of AAD fit in base64.
 */
const CAPABILITIES: KmsCapabilities = Object.freeze({
  aad: 'bytes',
  maxAadBytes: 512 * 1024,
  maxPlaintextBytes: 4096,
  integrity: 'aead',
  versions: 'in-blob',
  reportsVersionOnUnwrap: true,
  generateDataKey: false,
  rewrap: 'none',
});

/** One login to Vault or OpenBao, and the keys of one transit mount. */
export class VaultBackend implements KmsBackend {
  readonly #host: Host;
  readonly #client: VaultClient;
  readonly #session: Session;
  readonly #ids: KeyIds;
  readonly #keys: KnownKeys;
  #state: 'new' | 'opening' | 'open' | 'closed' = 'new';
  #warned = false;

  constructor(config: VaultConfig, host: Host) {
    this.#host = host;
    this.#client = new VaultClient(new VaultHttp(config, host.clock), config.mount);
    this.#session = new Session(createLogin(config.credentials, this.#client), this.#client, host);
    this.#ids = new KeyIds(config.mount);
    this.#keys = new KnownKeys((name, call) => this.#learn(name, call), host.clock);
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
    const { type } = await this.#keys.forWrap(name, call);
    const input = { plaintext: encodeBase64(plaintext), aad: aad && encodeBase64(aad.bytes) };
    const ciphertext = await this.#ask(name, call, (token) => this.#client.encrypt(token, name, input, call));
    this.#keys.sawVersion(name, ciphertext.version);
    return { blob: encodeBlob(ciphertext), alg: type, key: this.#pin(name, ciphertext.version) };
  }

  /** Vault's answer names no key: that the path names it and the AEAD binds it is all there is to check. */
  async unwrapKey({ keyId, wrapped, aad }: UnwrapRequest, call: Call): Promise<OpenedKey> {
    const name = this.#admit(keyId, aad);
    const ciphertext = decodeBlob(wrapped.blob);
    if (!ciphertext)
      throw new KmsError('invalid-ciphertext', 'The blob is not one of Vault.', { side: 'caller' });
    const { latest } = await this.#keys.forUnwrap(name, call);
    const input = { ciphertext: ciphertext.text, aad: aad && encodeBase64(aad.bytes) };
    const answer = await this.#ask(name, call, (token) => this.#client.decrypt(token, name, input, call));
    const plaintext = decodeBase64(answer);
    if (!plaintext) throw strangeAnswer();
    const { version } = ciphertext;
    this.#keys.sawVersion(name, version);
    return { plaintext, key: this.#pin(name, version), stale: version < latest };
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    const name = this.#admit(ref);
    const { type, latest, softDeleted } = await this.#ask(name, call, (token) =>
      this.#client.readKey(token, name, call),
    );
    const state = softDeleted ? 'disabled' : 'enabled';
    return { key: this.#pin(name, latest), state, alg: type, protection: 'software' };
  }

  async health(call: Call): Promise<KmsHealth> {
    this.#assertOpen();
    const started = this.#host.clock.now();
    const failure = await this.#probe(call);
    const checkedAt = this.#host.clock.now();
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

  /** Asks Vault with the token of now, and finds out whose fault a refusal is. */
  async #ask<T>(name: string, call: Call, ask: (token: string) => Promise<T>): Promise<T> {
    const { token } = this.#session;
    try {
      return await ask(token);
    } catch (error) {
      if (!isKmsError(error)) throw error;
      // A key that has gone since is refused to a token that may not create it: the next call finds out.
      if (!error.retryable && error.code !== 'invalid-ciphertext') this.#keys.forget(name);
      throw error.code === 'access-denied' ? await this.#session.explain(error, token, call) : error;
    }
  }

  async #learn(name: string, call: Call): Promise<KnownKey> {
    const [key, mayCreate] = await this.#ask(name, call, (token) =>
      Promise.all([this.#client.readKey(token, name, call), this.#mayCreate(token, name, call)]),
    );
    if (mayCreate && !this.#warned) {
      this.#warned = true;
      this.#host.log(
        'warn',
        'The Vault token may create transit keys: every wrap reads its key first. Give it "update" on encrypt only.',
      );
    }
    return { ...key, mayCreate };
  }

  /** A token that may not ask for its capabilities is taken for one that may create. */
  async #mayCreate(token: string, name: string, call: Call): Promise<boolean> {
    try {
      return await this.#client.mayCreate(token, name, call);
    } catch (error) {
      if (isKmsError(error) && error.code === 'access-denied') return true;
      throw error;
    }
  }

  #admit(keyId: string, aad?: BoundAad): string {
    this.#assertOpen();
    const { maxAadBytes = Infinity } = CAPABILITIES;
    if (aad && aad.bytes.length > maxAadBytes) {
      throw badRequest(`A transit key takes at most ${maxAadBytes} bytes of AAD.`);
    }
    return this.#ids.nameOf(keyId);
  }

  #pin(name: string, version: number): { keyId: string; version: string } {
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

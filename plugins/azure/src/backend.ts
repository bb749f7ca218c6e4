import type {
  Call,
  Host,
  KeyDescription,
  KeyPin,
  KmsBackend,
  KmsCapabilities,
  KmsErrorCode,
  KmsHealth,
  OpenedKey,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from 'kkp-plugin-kit';
import { isKmsError } from 'kkp-plugin-kit';
import { ALGORITHMS, type Algorithm, type Parts } from './algorithms.js';
import { connectVault, type KeyAnswer, type VaultClient } from './client.js';
import type { AzureConfig } from './config.js';
import { doesNotOpen, refuse } from './errors.js';
import { isVersion, readKeyId, readKid, type KeyRef } from './key-ids.js';
import { KeyStates } from './key-states.js';

/** A name for probes. No key needs to have it: `KeyNotFound` is an answer of a working vault. */
const PROBE_NAME = 'kkp-probe';

/** One connection to one vault, all of whose keys wrap by one algorithm. */
export class AzureBackend implements KmsBackend {
  readonly #config: AzureConfig;
  readonly #algorithm: Algorithm;
  readonly #host: Host;
  readonly #states: KeyStates;
  #client: VaultClient | undefined;
  #closed = false;

  constructor(config: AzureConfig, host: Host) {
    this.#config = config;
    this.#algorithm = ALGORITHMS[config.algorithm];
    this.#host = host;
    this.#states = new KeyStates(config.vaultUrl, this.#algorithm, host.clock);
  }

  /** The same for every key. */
  capabilities(): KmsCapabilities {
    return this.#algorithm.capabilities;
  }

  /**
   * Loads the SDK, gets a token and reads the probe key. The read is not only a check: before its first challenge has
   * been answered, the SDK can lose the body of one of two simultaneous requests (keyVaultAuthenticationPolicy.js).
   */
  async open(call: Call): Promise<void> {
    if (this.#closed || this.#client) throw refuse('unavailable', 'A backend is opened once only.', 'proxy');
    if (call.signal.aborted) throw refuse('unavailable', 'The call was aborted.');
    const client = await connectVault(this.#config, this.#host.clock);
    await this.#probe(client, call);
    if (this.#isClosed()) throw refuse('unavailable', 'The backend was closed.', 'proxy');
    this.#client = client;
  }

  async wrapKey({ keyId, plaintext, aad }: WrapRequest, call: Call): Promise<WrappedKey> {
    const client = this.#opened();
    const key = this.#read(keyId);
    this.#checkAad(aad);
    this.#checkSize(plaintext.length);
    const state = await this.#states.usable(key, client, call);

    const value = this.#algorithm.prepare(plaintext, (length) => this.#host.random.bytes(length));
    const request = { algorithm: this.#algorithm.name, value, ...(aad && { aad: aad.bytes }) };
    const answer = await client.run(this.#algorithm.seals, key, request, call).finally(() => {
      if (value !== plaintext) value.fill(0);
    });
    const pin = this.#pin(answer, key, 'unavailable');
    if (pin.version !== state.version) await this.#states.expectRotatedTo(pin.version, key, client, call);
    const blob = this.#algorithm.pack(partsOf(answer));
    if (!blob) throw refuse('unavailable', 'The vault gave an incomplete answer.', 'provider');
    return { blob, alg: this.#algorithm.name, key: pin };
  }

  async unwrapKey({ keyId, wrapped, aad }: UnwrapRequest, call: Call): Promise<OpenedKey> {
    const client = this.#opened();
    const key = this.#readPinned(keyId, wrapped.key.version);
    this.#checkAad(aad);
    const parts = this.#algorithm.unpack(wrapped.blob);
    if (!parts) throw doesNotOpen();
    const request = { algorithm: this.#algorithm.name, ...parts, ...(aad && { aad: aad.bytes }) };
    const answer = await client
      .run(this.#algorithm.opens, key, request, call)
      .catch(async (error: unknown) => {
        if (isKmsError(error) && error.code === 'not-found') await this.#expectKeyWithout(key, client, call);
        throw error;
      });
    const { value } = partsOf(answer);
    try {
      const pin = this.#pin(answer, key, 'invalid-ciphertext');
      const plaintext = this.#algorithm.restore(value);
      if (!plaintext) throw doesNotOpen();
      return { plaintext, key: pin, ...this.#staleness(key.name, pin) };
    } finally {
      value.fill(0);
    }
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    const client = this.#opened();
    const key = this.#read(ref);
    return this.#states.describe(key, await this.#states.ask(key, client, call));
  }

  async health(call: Call): Promise<KmsHealth> {
    const client = this.#opened();
    const started = this.#host.clock.now();
    await this.#probe(client, call);
    const checkedAt = this.#host.clock.now();
    return { status: 'up', latencyMs: checkedAt - started, checkedAt };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#client = undefined;
    return Promise.resolve();
  }

  /** A call, since the compiler takes a field for unchanged by an await. */
  #isClosed(): boolean {
    return this.#closed;
  }

  async #probe(client: VaultClient, call: Call): Promise<void> {
    const { probeKey } = this.#config;
    try {
      await client.getKey({ name: (probeKey ?? PROBE_NAME).toLowerCase() }, call);
    } catch (error) {
      if (probeKey === undefined && isKmsError(error) && error.providerCode === 'KeyNotFound') return;
      throw error;
    }
  }

  #opened(): VaultClient {
    if (!this.#client) throw refuse('unavailable', 'The backend is not open.', 'proxy');
    return this.#client;
  }

  #read(keyId: string): KeyRef {
    const key = readKeyId(this.#config.vaultUrl, keyId);
    if (key) return key;
    throw refuse('invalid-request', 'A key id is a name, or the URL of a key in the vault of this backend.');
  }

  /** The version comes from the caller's envelope: it is a version or nothing. */
  #readPinned(keyId: string, version: string | undefined): KeyRef {
    const key = this.#read(keyId);
    if (version === undefined) return key;
    if (!isVersion(version) || (key.version ?? version) !== version) throw doesNotOpen();
    return { ...key, version };
  }

  #checkAad(aad: WrapRequest['aad']): void {
    if (aad && this.#algorithm.capabilities.aad === 'none') {
      throw refuse('unsupported', 'The key takes no additional authenticated data.');
    }
  }

  #checkSize(bytes: number): void {
    const { maxPlaintextBytes } = this.#algorithm.capabilities;
    if (bytes >= 1 && bytes <= maxPlaintextBytes) return;
    throw refuse('invalid-request', `A plaintext has 1 to ${maxPlaintextBytes} bytes.`);
  }

  /** The service tells a missing key and a missing version apart by nothing: a key without this version has not wrapped. */
  async #expectKeyWithout({ name, version }: KeyRef, client: VaultClient, call: Call): Promise<void> {
    if (version === undefined) return;
    await this.#states.ask({ name }, client, call);
    throw doesNotOpen();
  }

  #pin({ kid }: KeyAnswer, asked: KeyRef, otherwise: KmsErrorCode): Required<KeyPin> {
    const pin = readKid(this.#config.vaultUrl, kid, asked);
    if (pin) return pin;
    throw refuse(otherwise, 'The vault answered from another key than the asked one.', 'provider');
  }

  /** Told only while the current version is known anyway. */
  #staleness(name: string, { version }: KeyPin): Pick<OpenedKey, 'stale'> {
    const current = this.#states.known({ name });
    return current ? { stale: current.version !== version } : {};
  }
}

/** The SDK gives views of a pooled buffer: whoever keeps one copies it. */
function partsOf({ result, iv, authenticationTag }: KeyAnswer): Parts {
  if (!(result instanceof Uint8Array) || result.length === 0) {
    throw refuse('unavailable', 'The vault gave an incomplete answer.', 'provider');
  }
  return { value: result, ...(iv && { iv }), ...(authenticationTag && { tag: authenticationTag }) };
}

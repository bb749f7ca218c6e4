import type {
  BoundAad,
  Call,
  Host,
  KeyDescription,
  KmsBackend,
  KmsCapabilities,
  KmsHealth,
  OpenedKey,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from 'kkp-plugin-kit';
import { capabilitiesOf } from './capabilities.js';
import { KmsClient } from './client.js';
import type { GcpConfig } from './config.js';
import { loadCredential } from './credentials.js';
import { describe } from './describe.js';
import { doesNotOpen, refuse } from './errors.js';
import { probe, probeKey } from './health.js';
import { GoogleHttp } from './http.js';
import { expectKeyId } from './key-id.js';
import { Tokens } from './tokens.js';

/** Cloud KMS does not tell the algorithm when it encrypts: keys of purpose ENCRYPT_DECRYPT have one. */
export const ALGORITHM = 'GOOGLE_SYMMETRIC_ENCRYPTION';

/** One identity at Cloud KMS, and all keys that it may use. */
export class GcpBackend implements KmsBackend {
  readonly #config: GcpConfig;
  readonly #clock: Host['clock'];
  readonly #capabilities: KmsCapabilities;
  #client: KmsClient | undefined;
  #state: 'new' | 'opening' | 'open' | 'closed' = 'new';
  /** The key that answered last: what health asks for where no other is named. */
  #lastUsed: string | undefined;

  constructor(config: GcpConfig, { clock }: Host) {
    this.#config = config;
    this.#clock = clock;
    this.#capabilities = capabilitiesOf(config.protection);
  }

  /** The same for every key. */
  capabilities(): KmsCapabilities {
    return this.#capabilities;
  }

  /** Loads the library and gets a token; encrypts one byte with the health key, where there is one. */
  async open(call: Call): Promise<void> {
    if (this.#state !== 'new') throw refuse('unavailable', 'A backend is opened once only.', 'proxy');
    this.#state = 'opening';
    const { credential, endpoint, healthKey } = this.#config;
    const source = 'getAccessToken' in credential ? credential : await loadCredential(credential);
    const client = new KmsClient(new GoogleHttp(endpoint, new Tokens(source, this.#clock), this.#clock));
    if (healthKey === undefined) await client.authorize(call);
    else await probeKey(client, healthKey, call);
    if (this.#isClosed()) throw refuse('unavailable', 'The backend was closed while it opened.', 'proxy');
    this.#client = client;
    this.#state = 'open';
  }

  async wrapKey({ keyId, plaintext, aad }: WrapRequest, call: Call): Promise<WrappedKey> {
    const client = this.#admit(keyId, aad);
    const { maxPlaintextBytes } = this.#capabilities;
    if (plaintext.length === 0 || plaintext.length > maxPlaintextBytes) {
      throw refuse('invalid-request', `A plaintext has 1 to ${maxPlaintextBytes} bytes.`);
    }
    const { ciphertext, version } = await client.encrypt(keyId, plaintext, aad?.bytes, call);
    this.#lastUsed = keyId;
    return { blob: ciphertext, alg: ALGORITHM, key: { keyId, version } };
  }

  /** The path names the key, and Cloud KMS looks in it alone for the version that made the blob: the answer names none. */
  async unwrapKey({ keyId, wrapped, aad }: UnwrapRequest, call: Call): Promise<OpenedKey> {
    const client = this.#admit(keyId, aad);
    if (wrapped.alg !== ALGORITHM || wrapped.blob.length === 0) throw doesNotOpen();
    const { plaintext, usedPrimary } = await client.decrypt(keyId, wrapped.blob, aad?.bytes, call);
    this.#lastUsed = keyId;
    return { plaintext, key: { keyId }, stale: !usedPrimary };
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    const client = this.#admit(ref);
    return describe(ref, await client.getCryptoKey(ref, call));
  }

  async health(call: Call): Promise<KmsHealth> {
    const keys = { healthKey: this.#config.healthKey, lastUsed: this.#lastUsed };
    return await probe(this.#opened(), keys, call, this.#clock);
  }

  close(): Promise<void> {
    this.#state = 'closed';
    this.#client = undefined;
    return Promise.resolve();
  }

  /** A call, since the compiler takes a field for unchanged by an await. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #opened(): KmsClient {
    if (!this.#client) throw refuse('unavailable', 'The backend is not open.', 'proxy');
    return this.#client;
  }

  #admit(keyId: string, aad?: BoundAad): KmsClient {
    const client = this.#opened();
    expectKeyId(keyId);
    const { maxAadBytes = 0 } = this.#capabilities;
    if (aad && aad.bytes.length > maxAadBytes) {
      throw refuse('invalid-request', `A key takes at most ${maxAadBytes} bytes of AAD.`);
    }
    return client;
  }
}

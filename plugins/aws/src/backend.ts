import type {
  BoundAad,
  Call,
  GenerateDataKeyRequest,
  Host,
  KeyDescription,
  KmsBackend,
  KmsCapabilities,
  KmsHealth,
  OpenedKey,
  RewrapRequest,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from 'kkp-plugin-kit';
import { expectAlgorithm, expectKey, malformed, materialId, pinOf, takeBytes, wrappedAs } from './answers.js';
import type { Connect } from './client.js';
import type { AwsConfig } from './config.js';
import { badRequest, doesNotOpen } from './errors.js';
import { probe } from './health.js';
import { Keys } from './keys.js';
import { Session, type Ask } from './session.js';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html and API_Decrypt.html */
const MAX_PLAINTEXT_BYTES = 4096;
const MAX_BLOB_BYTES = 6144;

const CAPABILITIES: KmsCapabilities = Object.freeze({
  aad: 'map',
  maxPlaintextBytes: MAX_PLAINTEXT_BYTES,
  integrity: 'aead',
  versions: 'opaque',
  reportsVersionOnWrap: false,
  reportsVersionOnUnwrap: true,
  generateDataKey: true,
  rewrap: 'full',
});

/** One connection to AWS KMS. */
export class AwsBackend implements KmsBackend {
  readonly #config: AwsConfig;
  readonly #session: Session;
  readonly #keys: Keys;
  readonly #now: () => number;

  constructor(config: AwsConfig, host: Host, connect: Connect) {
    this.#now = () => host.clock.now();
    this.#config = config;
    this.#session = new Session(() => connect(config, host), host.clock);
    this.#keys = new Keys(config, this.#now);
  }

  capabilities(): KmsCapabilities {
    return CAPABILITIES;
  }

  async open(call: Call): Promise<void> {
    await this.#session.open(call);
  }

  /** `Encrypt` does not tell which material wrapped. */
  async wrapKey({ keyId, plaintext, aad }: WrapRequest, call: Call): Promise<WrappedKey> {
    if (plaintext.length === 0 || plaintext.length > MAX_PLAINTEXT_BYTES) {
      throw badRequest(`A key of AWS KMS wraps 1 to ${MAX_PLAINTEXT_BYTES} bytes.`);
    }
    const ask = this.#session.asking(call);
    const sent = await this.#keys.resolve(keyId, ask);
    const request = { KeyId: sent, Plaintext: plaintext, ...contextOf(aad), ...this.#config.grants };
    const answer = await ask((kms, options) => kms.encrypt(request, options));
    const arn = expectKey(sent, answer.KeyId, this.#config, 'unavailable');
    return wrappedAs(takeBytes(answer.CiphertextBlob, 'CiphertextBlob'), { keyId: arn });
  }

  async unwrapKey({ keyId, wrapped, aad }: UnwrapRequest, call: Call): Promise<OpenedKey> {
    expectAlgorithm(wrapped);
    const ask = this.#session.asking(call);
    const sent = await this.#keys.resolve(keyId, ask);
    const opened = await this.#decrypt(sent, wrapped.blob, aad, ask);
    const { keyId: arn, version } = opened.key;
    if (version === undefined) return opened;
    try {
      const stale = await this.#keys.isStale(arn, version, ask);
      return stale === undefined ? opened : { ...opened, stale };
    } catch (error) {
      opened.plaintext.fill(0);
      throw error;
    }
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    return await this.#keys.describe(ref, this.#session.asking(call));
  }

  async health(call: Call): Promise<KmsHealth> {
    return await probe(this.#config, this.#session.asking(call), this.#now);
  }

  async generateDataKey(
    { keyId, bytes, aad }: GenerateDataKeyRequest,
    call: Call,
  ): Promise<OpenedKey & { wrapped: WrappedKey }> {
    const ask = this.#session.asking(call);
    const sent = await this.#keys.resolve(keyId, ask);
    const request = { KeyId: sent, NumberOfBytes: bytes, ...contextOf(aad), ...this.#config.grants };
    const answer = await ask((kms, options) => kms.generateDataKey(request, options));
    const plaintext = takeBytes(answer.Plaintext, 'Plaintext');
    try {
      if (plaintext.length !== bytes) throw malformed('Plaintext');
      const arn = expectKey(sent, answer.KeyId, this.#config, 'unavailable');
      const blob = takeBytes(answer.CiphertextBlob, 'CiphertextBlob');
      const key = pinOf(arn, materialId(answer.KeyMaterialId));
      this.#keys.material.note(arn, key.version);
      return { plaintext, key, wrapped: wrappedAs(blob, key) };
    } catch (error) {
      plaintext.fill(0);
      throw error;
    }
  }

  /** `ReEncrypt`: the plaintext does not leave KMS. */
  async rewrap({ keyId, wrapped, toKeyId, aad, toAad }: RewrapRequest, call: Call): Promise<WrappedKey> {
    expectAlgorithm(wrapped);
    const ask = this.#session.asking(call);
    const from = await this.#keys.resolve(keyId, ask);
    const to = await this.#keys.resolve(toKeyId, ask);
    const request = {
      CiphertextBlob: checkBlob(wrapped.blob),
      SourceKeyId: from,
      DestinationKeyId: to,
      ...(aad && { SourceEncryptionContext: aad.map }),
      ...(toAad && { DestinationEncryptionContext: toAad.map }),
      ...this.#config.grants,
    };
    const answer = await ask((kms, options) => kms.reEncrypt(request, options));
    expectKey(from, answer.SourceKeyId, this.#config, 'invalid-ciphertext');
    const arn = expectKey(to, answer.KeyId, this.#config, 'unavailable');
    const key = pinOf(arn, materialId(answer.DestinationKeyMaterialId));
    this.#keys.material.note(arn, key.version);
    return wrappedAs(takeBytes(answer.CiphertextBlob, 'CiphertextBlob'), key);
  }

  close(): Promise<void> {
    this.#session.close();
    return Promise.resolve();
  }

  async #decrypt(sent: string, blob: Uint8Array, aad: BoundAad | undefined, ask: Ask): Promise<OpenedKey> {
    const request = {
      KeyId: sent,
      CiphertextBlob: checkBlob(blob),
      ...contextOf(aad),
      ...this.#config.grants,
    };
    const answer = await ask((kms, options) => kms.decrypt(request, options));
    const plaintext = takeBytes(answer.Plaintext, 'Plaintext');
    try {
      const arn = expectKey(sent, answer.KeyId, this.#config, 'invalid-ciphertext');
      return { plaintext, key: pinOf(arn, materialId(answer.KeyMaterialId)) };
    } catch (error) {
      plaintext.fill(0);
      throw error;
    }
  }
}

/** Outside of its limits KMS would call a blob an invalid request. */
function checkBlob(blob: Uint8Array): Uint8Array {
  if (blob.length === 0 || blob.length > MAX_BLOB_BYTES) throw doesNotOpen();
  return blob;
}

function contextOf(aad: BoundAad | undefined): { EncryptionContext?: Record<string, string> } {
  return aad ? { EncryptionContext: { ...aad.map } } : {};
}

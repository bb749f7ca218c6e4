import { createCipheriv, createDecipheriv } from 'node:crypto';
import {
  KmsError,
  withinCall,
  type BoundAad,
  type Call,
  type GenerateDataKeyRequest,
  type Host,
  type KeyDescription,
  type KmsBackend,
  type KmsCapabilities,
  type KmsHealth,
  type OpenedKey,
  type RewrapRequest,
  type UnwrapRequest,
  type WrappedKey,
  type WrapRequest,
} from 'kkp-plugin-kit';
import type { ReferenceKey, ReferenceService } from './reference-service.js';

const ALG = 'AES-256-GCM';
const FORMAT = 1;
const MAX_AAD_BYTES = 4096;
const HEADER_BYTES = 1 + 12 + 16;

/** `rich` has every optional ability and keeps the version to itself; `plain` takes no AAD and has none of them. */
export type Flavour = 'rich' | 'plain';

const CAPABILITIES: Readonly<Record<Flavour, KmsCapabilities>> = {
  rich: Object.freeze({
    aad: 'bytes',
    maxAadBytes: MAX_AAD_BYTES,
    maxPlaintextBytes: 1024,
    integrity: 'aead',
    versions: 'opaque',
    reportsVersionOnWrap: true,
    reportsVersionOnUnwrap: true,
    generateDataKey: true,
    rewrap: 'full',
  }),
  plain: Object.freeze({
    aad: 'none',
    maxPlaintextBytes: 64,
    integrity: 'wrap',
    versions: 'in-id',
    reportsVersionOnWrap: true,
    reportsVersionOnUnwrap: true,
    generateDataKey: false,
    rewrap: 'none',
  }),
};

/** A correct backend, small enough to be broken on purpose in one place. */
export class ReferenceBackend implements KmsBackend {
  readonly generateDataKey?: (
    request: GenerateDataKeyRequest,
    call: Call,
  ) => Promise<OpenedKey & { wrapped: WrappedKey }>;
  readonly rewrap?: (request: RewrapRequest, call: Call) => Promise<WrappedKey>;
  state: 'new' | 'open' | 'closed' = 'new';

  constructor(
    readonly service: ReferenceService,
    readonly host: Host,
    private readonly flavour: Flavour,
  ) {
    if (flavour === 'plain') return;
    // As a service does it: what was done to this connection's other calls does not show.
    const { wrapKey, unwrapKey } = ReferenceBackend.prototype;
    this.generateDataKey = async ({ bytes, ...request }, call) => {
      const plaintext = host.random.bytes(bytes);
      const wrapped = await wrapKey.call(this, { ...request, plaintext }, call);
      return { plaintext, key: wrapped.key, wrapped };
    };
    this.rewrap = async ({ toKeyId, toAad, ...request }, call) => {
      const { plaintext } = await unwrapKey.call(this, request, call);
      return wrapKey.call(this, { keyId: toKeyId, plaintext, ...(toAad && { aad: toAad }) }, call);
    };
  }

  capabilities(): KmsCapabilities {
    return CAPABILITIES[this.flavour];
  }

  async open(call: Call): Promise<void> {
    if (this.state !== 'new') throw new KmsError('unavailable', 'A backend is opened once only.');
    await this.#reach(call);
    this.state = 'open';
  }

  async wrapKey({ keyId, plaintext, aad }: WrapRequest, call: Call): Promise<WrappedKey> {
    await this.#answer(call);
    const key = this.service.findEnabled(keyId);
    this.#checkAad(aad);
    if (plaintext.length > this.capabilities().maxPlaintextBytes) {
      throw new KmsError('invalid-request', 'The plaintext is too long.');
    }
    const nonce = this.host.random.bytes(12);
    const cipher = createCipheriv('aes-256-gcm', newest(key), nonce).setAAD(bindTo(key, aad));
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const blob = Uint8Array.from([FORMAT, ...nonce, ...cipher.getAuthTag(), ...sealed]);
    return { blob, alg: ALG, key: { keyId: key.id, version: `v${key.versions.length}` } };
  }

  async unwrapKey({ keyId, wrapped, aad }: UnwrapRequest, call: Call): Promise<OpenedKey> {
    await this.#answer(call);
    const key = this.service.findEnabled(keyId);
    this.#checkAad(aad);
    const inPin = this.flavour === 'plain';
    for (const [index, material] of key.versions.entries()) {
      const version = `v${index + 1}`;
      if (inPin && version !== wrapped.key.version) continue;
      const plaintext = decrypt(material, wrapped.blob, bindTo(key, aad));
      const stale = index + 1 < key.versions.length;
      if (plaintext) return { plaintext, key: { keyId: key.id, version }, stale };
    }
    throw new KmsError('invalid-ciphertext', 'The blob does not open.');
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    await this.#answer(call);
    const { id, versions, state } = this.service.find(ref);
    return { key: { keyId: id, version: `v${versions.length}` }, state, alg: ALG, protection: 'software' };
  }

  async health(call: Call): Promise<KmsHealth> {
    await this.#answer(call);
    return { status: 'up', latencyMs: 0, checkedAt: this.host.clock.now() };
  }

  close(): Promise<void> {
    this.state = 'closed';
    return Promise.resolve();
  }

  async #answer(call: Call): Promise<void> {
    if (this.state !== 'open') throw new KmsError('unavailable', 'The backend is not open.');
    await this.#reach(call);
  }

  async #reach(call: Call): Promise<void> {
    await withinCall(call, this.host.clock, () => this.service.answer());
  }

  #checkAad(aad: BoundAad | undefined): void {
    if (aad && this.flavour === 'plain') throw new KmsError('unsupported', 'The key takes no AAD.');
    if (aad && aad.bytes.length > MAX_AAD_BYTES)
      throw new KmsError('invalid-request', 'The AAD is too long.');
  }
}

function newest(key: ReferenceKey): Buffer {
  return key.versions.at(-1)!;
}

function bindTo(key: ReferenceKey, aad: BoundAad | undefined): Buffer {
  return Buffer.concat([Buffer.from(`${key.id}\0`), aad?.bytes ?? Buffer.alloc(0)]);
}

function decrypt(material: Buffer, blob: Uint8Array, aad: Buffer): Uint8Array | undefined {
  if (blob[0] !== FORMAT || blob.length < HEADER_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', material, blob.subarray(1, 13))
    .setAuthTag(blob.subarray(13, HEADER_BYTES))
    .setAAD(aad);
  try {
    return Uint8Array.from([...decipher.update(blob.subarray(HEADER_BYTES)), ...decipher.final()]);
  } catch {
    return undefined;
  }
}

import type {
  Host,
  KeyDescription,
  KeyPin,
  KmsError,
  OpenedKey,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from 'kkp-plugin-kit';
import { NONCE_BYTES, open, readVersion, seal } from './cipher.js';
import type { MemoryConfig } from './config.js';
import { providerError, type Fault } from './errors.js';
import type { Key } from './keys.js';
import type { MemoryService } from './service.js';

/** The calls of the emulated provider, in its manner: what an SDK's client is to a real one. */
export class MemoryClient {
  readonly #config: MemoryConfig;
  readonly #service: MemoryService;
  readonly #random: Host['random'];

  constructor(config: MemoryConfig, service: MemoryService, random: Host['random']) {
    this.#config = config;
    this.#service = service;
    this.#random = random;
  }

  /** The version is told always: whether the provider's own answer has it depends on the call. */
  encrypt({ keyId, plaintext, aad }: WrapRequest): WrappedKey {
    const { emulation } = this.#config;
    const asked = this.#read(keyId);
    this.#checkSize(plaintext.length);
    const bound = emulation.boundBytes(aad);
    if (this.#config.createKeys && asked.version === undefined) this.#service.keys.create(asked.keyId);
    const key = this.#service.keys.getUsable(asked.keyId);
    const version = this.#versionAsked(key, asked);
    const nonce = this.#random.bytes(NONCE_BYTES);
    const blob = this.#service.withMaterial(key.id, version, (material) =>
      seal({ keyId: key.id, version }, plaintext, { key: material, nonce, bound }),
    );
    return { blob, alg: emulation.alg, key: pin(key, version) };
  }

  decrypt({ keyId, wrapped, aad }: UnwrapRequest): OpenedKey {
    const { emulation } = this.#config;
    const asked = this.#read(keyId);
    const bound = emulation.boundBytes(aad);
    const key = this.#service.keys.getUsable(asked.keyId);
    const version = this.#versionThatMade(wrapped, key);
    if (asked.version !== undefined && asked.version !== pin(key, version).version) {
      throw this.#fault('blob-does-not-open');
    }
    const plaintext = this.#service.withMaterial(key.id, version, (material) =>
      open(wrapped.blob, { key: material, bound }),
    );
    if (!plaintext) throw this.#fault('blob-does-not-open');
    const told = emulation.capabilities.reportsVersionOnUnwrap ? pin(key, version) : { keyId: key.id };
    return { plaintext, key: told, stale: version < key.versions.length };
  }

  describe(ref: string): KeyDescription {
    const { alg, deletedState } = this.#config.emulation;
    const asked = this.#read(ref);
    const key = this.#service.keys.get(asked.keyId);
    const state = key.state === 'deleted' ? deletedState : key.state;
    if (state === 'gone') throw this.#fault('no-such-key');
    return { key: pin(key, this.#versionAsked(key, asked)), state, alg, protection: 'software' };
  }

  #read(ref: string): KeyPin {
    const read = this.#config.emulation.readKeyId(ref);
    if (!read) throw this.#fault('malformed-key-id');
    return read;
  }

  #checkSize(bytes: number): void {
    const { minPlaintextBytes, capabilities } = this.#config.emulation;
    if (bytes >= minPlaintextBytes && bytes <= capabilities.maxPlaintextBytes) return;
    throw this.#fault('plaintext-size');
  }

  #versionAsked(key: Key, { version }: KeyPin): number {
    const asked = version === undefined ? key.versions.length : versionOf(key, version);
    if (asked === undefined) throw this.#fault('no-such-key');
    return asked;
  }

  /**
   * The blob says its version, and the emulation may look; else the pin beside the blob does. Without a pin it is taken
   * for the current one.
   */
  #versionThatMade({ blob, key: { version } }: WrappedKey, key: Key): number {
    const inBlob = readVersion(blob, key.id);
    if (inBlob === 'other-key') throw this.#fault('blob-of-another-key');
    const inPin = version === undefined ? key.versions.length : versionOf(key, version);
    const made = this.#config.emulation.capabilities.versions === 'in-id' ? inPin : inBlob;
    if (inBlob === undefined || !made || made > key.versions.length) throw this.#fault('blob-does-not-open');
    return made;
  }

  #fault(fault: Fault): KmsError {
    return providerError(this.#config.emulation.faults[fault]);
  }
}

/** Counted from 1; undefined when the key has no version with this label. */
function versionOf(key: Key, label: string): number | undefined {
  return key.versions.indexOf(label) + 1 || undefined;
}

function pin(key: Key, version: number): Required<KeyPin> {
  return { keyId: key.id, version: key.versions[version - 1] ?? key.versions[0] };
}

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type {
  BoundAad,
  Call,
  GenerateDataKeyRequest,
  KmsBackend,
  KmsCapabilities,
  OpenedKey,
  WrappedKey,
} from '../contract.js';
import { bindAad } from './aad.js';
import type { Harness, KeyAdmin } from './harness.js';
import { createTestHost } from './host.js';

const PATIENCE_MS = 30_000;

type Attempt = (call: Call) => Promise<unknown>;

/** The backend under test, with what most rules need at hand. */
export class Subject {
  readonly #host = createTestHost();
  readonly #connections: KmsBackend[] = [];
  readonly #letGo: (() => void)[] = [];

  constructor(readonly harness: Harness) {}

  /** Everything that was logged through the host. */
  get logged(): readonly unknown[] {
    return this.#host.logged;
  }

  /** The harness' admin, for rules whose need promises that the called member is there. */
  get admin(): KeyAdmin & Required<Omit<KeyAdmin, 'createKey'>> {
    return this.harness.admin as KeyAdmin & Required<Omit<KeyAdmin, 'createKey'>>;
  }

  /** AAD to use where the rule is about something else; undefined when the key takes none. */
  aad(backend: KmsBackend): BoundAad | undefined {
    return this.capabilities(backend).aad === 'none' ? undefined : bindAad({ purpose: 'conformance' });
  }

  capabilities(backend: KmsBackend): KmsCapabilities {
    return backend.capabilities(this.harness.keyId);
  }

  call(limits: Partial<Pick<Call, 'signal' | 'deadline'>> = {}): Call {
    const { signal } = new AbortController();
    return { signal, deadline: Date.now() + PATIENCE_MS, requestId: 'conformance', ...limits };
  }

  connect(): KmsBackend {
    const backend = this.harness.connect(this.#host.host);
    this.#connections.push(backend);
    return backend;
  }

  async open(): Promise<KmsBackend> {
    const backend = this.connect();
    await backend.open(this.call());
    return backend;
  }

  async wrap(
    backend: KmsBackend,
    plaintext: Uint8Array,
    { keyId = this.harness.keyId, aad = this.aad(backend) } = {},
  ): Promise<WrappedKey> {
    return backend.wrapKey({ keyId, plaintext, ...(aad && { aad }) }, this.call());
  }

  async unwrap(
    backend: KmsBackend,
    wrapped: WrappedKey,
    { keyId = this.harness.keyId, aad = this.aad(backend) } = {},
  ): Promise<OpenedKey> {
    return backend.unwrapKey({ keyId, wrapped, ...(aad && { aad }) }, this.call());
  }

  /** A data key, for rules whose need promises that the backend makes them. */
  async dataKey(
    backend: KmsBackend,
    { keyId = this.harness.keyId, bytes = 32, aad = this.aad(backend) }: Partial<GenerateDataKeyRequest> = {},
  ): Promise<OpenedKey & { wrapped: WrappedKey }> {
    const made = await backend.generateDataKey?.({ keyId, bytes, ...(aad && { aad }) }, this.call());
    assert.ok(made, 'generateDataKey is not there');
    return made;
  }

  /** The label of the version that wraps now, as far as a blob's own calls tell it. */
  async wrappingVersion(backend: KmsBackend, keyId: string): Promise<string | undefined> {
    const wrapped = await this.wrap(backend, freshPlaintext(), { keyId });
    return wrapped.key.version ?? (await this.unwrap(backend, wrapped, { keyId })).key.version;
  }

  /** Every call that reaches the service, by name and ready to run. */
  calls(
    backend: KmsBackend,
    wrapped: WrappedKey,
    keyId = this.harness.keyId,
  ): Readonly<Record<string, Attempt>> {
    const aad = this.aad(backend);
    const bound = { keyId, ...(aad && { aad }) };
    const declared = this.capabilities(backend);
    return {
      wrapKey: (call) => backend.wrapKey({ ...bound, plaintext: freshPlaintext() }, call),
      unwrapKey: (call) => backend.unwrapKey({ ...bound, wrapped }, call),
      describeKey: (call) => backend.describeKey(keyId, call),
      health: (call) => backend.health(call),
      ...(declared.generateDataKey && {
        generateDataKey: (call: Call) =>
          backend.generateDataKey?.({ ...bound, bytes: 32 }, call) ?? Promise.resolve(),
      }),
      ...(declared.rewrap !== 'none' && {
        rewrap: (call: Call) =>
          backend.rewrap?.({ ...bound, wrapped, toKeyId: keyId }, call) ?? Promise.resolve(),
      }),
    };
  }

  /** The service stops answering; it is let go when the rule ends at the latest. */
  hang(): void {
    this.#letGo.push(this.admin.hang());
  }

  async closeAll(): Promise<void> {
    for (const letGo of this.#letGo) letGo();
    await Promise.allSettled(this.#connections.map(async (backend) => backend.close()));
  }
}

/** A plaintext that no other has. */
export function freshPlaintext(length = 32): Uint8Array {
  return Uint8Array.from(randomBytes(length));
}

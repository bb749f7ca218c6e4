import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { KmsError } from 'kkp-plugin-kit';
import type {
  BoundAad,
  Call,
  Host,
  KeyDescription,
  KmsBackend,
  KmsCapabilities,
  KmsHealth,
  KmsPlugin,
  OpenedKey,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from 'kkp-plugin-kit';

export interface FakeOptions {
  readonly aad?: KmsCapabilities['aad'];
  readonly version?: string;
  /** Alias to canonical key id. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly capabilities?: Partial<KmsCapabilities>;
  /** Methods that stand in for the fake's own. */
  readonly replace?: (fake: FakeBackend) => Partial<KmsBackend>;
}

/** The key-encryption key that a fake named `backend` has for `keyId`. */
export const fakeKek = (backend: string, keyId: string): Buffer =>
  createHash('sha256').update(`${backend}/${keyId}`).digest();

/**
 * A key service in thirty lines: AES-256-GCM under a key made of its own name and the key's; a blob is nonce, ciphertext
 * and tag. Every key exists but those whose name begins with "missing". It keeps what it was asked and what it opened.
 */
export class FakeBackend implements KmsBackend {
  readonly calls: { method: string; request: unknown; call: Call }[] = [];
  readonly opened: Uint8Array[] = [];
  closed = 0;

  constructor(
    readonly name: string,
    readonly host: Host,
    readonly options: FakeOptions = {},
  ) {
    Object.assign(this, options.replace?.(this));
  }

  capabilities(): KmsCapabilities {
    return {
      aad: this.options.aad ?? 'bytes',
      maxPlaintextBytes: 4096,
      integrity: 'aead',
      versions: 'in-blob',
      reportsVersionOnWrap: true,
      reportsVersionOnUnwrap: true,
      generateDataKey: false,
      rewrap: 'none',
      ...this.options.capabilities,
    };
  }

  open(call: Call): Promise<void> {
    this.note('open', undefined, call);
    return Promise.resolve();
  }

  wrapKey(request: WrapRequest, call: Call): Promise<WrappedKey> {
    this.note('wrapKey', request, call);
    const { keyId, kek } = this.find(request.keyId);
    const nonce = this.host.random.bytes(12);
    const cipher = createCipheriv('aes-256-gcm', kek, nonce).setAAD(aadBytes(request.aad));
    const blob = Buffer.concat([
      nonce,
      cipher.update(request.plaintext),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return Promise.resolve({ blob, alg: 'FAKE-GCM', key: this.pin(keyId) });
  }

  async unwrapKey(request: UnwrapRequest, call: Call): Promise<OpenedKey> {
    this.note('unwrapKey', request, call);
    const { keyId, kek } = this.find(request.keyId);
    const plaintext = await Promise.resolve(decrypt(kek, request.wrapped.blob, aadBytes(request.aad)));
    this.opened.push(plaintext);
    return { plaintext, key: this.pin(keyId) };
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    this.note('describeKey', ref, call);
    const { keyId } = await Promise.resolve(this.find(ref));
    return { key: this.pin(keyId), state: 'enabled', alg: 'FAKE-GCM', protection: 'software' };
  }

  health(call: Call): Promise<KmsHealth> {
    this.note('health', undefined, call);
    return Promise.resolve({ status: 'up', latencyMs: 1, checkedAt: this.host.clock.now() });
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }

  asked(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  note(method: string, request: unknown, call: Call): void {
    this.calls.push({ method, request, call });
  }

  private find(ref: string): { keyId: string; kek: Buffer } {
    const keyId = this.options.aliases?.[ref] ?? ref;
    if (keyId.startsWith('missing')) throw new KmsError('not-found', 'No such key.');
    return { keyId, kek: fakeKek(this.name, keyId) };
  }

  private pin(keyId: string) {
    const { version } = this.options;
    return version === undefined ? { keyId } : { keyId, version };
  }
}

export interface FakePlugin extends KmsPlugin {
  /** The backends that were created, in order. */
  readonly created: FakeBackend[];
}

export function fakePlugin(name: string, options: FakeOptions = {}): FakePlugin {
  const created: FakeBackend[] = [];
  const create = (host: Host) => {
    const backend = new FakeBackend(name, host, options);
    created.push(backend);
    return backend;
  };
  return { apiVersion: 1, kind: 'fake', name, create, created };
}

const aadBytes = (aad: BoundAad | undefined): Uint8Array => aad?.bytes ?? new Uint8Array();

function decrypt(kek: Buffer, blob: Uint8Array, aad: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', kek, blob.subarray(0, 12)).setAAD(aad);
    decipher.setAuthTag(blob.subarray(-16));
    return Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]);
  } catch (cause) {
    throw new KmsError('invalid-ciphertext', 'The blob does not open.', { cause });
  }
}

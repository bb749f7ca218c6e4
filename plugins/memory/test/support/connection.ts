import { isKmsError, type BoundAad, type Call, type KmsBackend, type WrappedKey } from 'kkp-plugin-kit';
import { createTestHost } from 'kkp-plugin-kit/testkit';
import { memory, type MemoryOptions, type MemoryPlugin } from 'kkp-plugin-memory';

export const PLAINTEXT = Uint8Array.from({ length: 32 }, (_, index) => index);

export function call(): Call {
  return { signal: new AbortController().signal, deadline: Date.now() + 10_000, requestId: 'test' };
}

export async function connect(plugin: MemoryPlugin): Promise<Connection> {
  const backend = plugin.create(createTestHost().host);
  await backend.open(call());
  return new Connection(backend, plugin);
}

export async function openMemory(options: Partial<MemoryOptions> = {}): Promise<Connection> {
  return connect(memory({ name: 'dev', ...options }));
}

/** A backend that is open, with calls cut short for tests. */
export class Connection {
  constructor(
    readonly backend: KmsBackend,
    readonly plugin: MemoryPlugin,
  ) {}

  async wrap(keyId: string, { plaintext = PLAINTEXT, aad }: { plaintext?: Uint8Array; aad?: BoundAad } = {}) {
    return this.backend.wrapKey({ keyId, plaintext, ...(aad && { aad }) }, call());
  }

  async unwrap(keyId: string, wrapped: WrappedKey, aad?: BoundAad) {
    return this.backend.unwrapKey({ keyId, wrapped, ...(aad && { aad }) }, call());
  }

  async describe(ref: string) {
    return this.backend.describeKey(ref, call());
  }
}

/** What the caller of a refused call can tell apart; `none` when it was not refused. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'none',
    (error: unknown) =>
      isKmsError(error) ? `${error.code} ${error.providerCode ?? ''}`.trim() : 'another error',
  );
}

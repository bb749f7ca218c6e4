import { randomBytes } from 'node:crypto';
import { isKmsError, type BoundAad, type Call, type WrappedKey } from 'kkp-plugin-kit';
import { createTestHost } from 'kkp-plugin-kit/testkit';
import { LocalBackend } from '../../src/backend.js';
import type { Files } from '../../src/files.js';
import { LocalKeyStore, type KeyStoreSeams } from '../../src/key-store.js';
import type { RootFile } from '../../src/root.js';
import { SimDisk } from './sim-disk.js';

export const DIR = '/store';
export const ROOT: RootFile = { kind: 'key', file: '/root.key' };
export const OTHER_ROOT: RootFile = { kind: 'key', file: '/other.key' };
export const PLAINTEXT = Uint8Array.from({ length: 32 }, (_, index) => index);

export const seamsOn = (files: Files): KeyStoreSeams => ({
  files,
  random: { bytes: (length) => Uint8Array.from(randomBytes(length)) },
  clock: { now: () => 1_700_000_000_000 },
});

/** A disk with two root keys on it and no store. */
export function emptyDisk(): SimDisk {
  const disk = new SimDisk();
  disk.put(ROOT.file, Uint8Array.from(randomBytes(32)));
  disk.put(OTHER_ROOT.file, Uint8Array.from(randomBytes(32)));
  return disk;
}

/** A disk with a store and one key, `orders`, of two versions. */
export async function diskWithStore(): Promise<SimDisk> {
  const disk = emptyDisk();
  const store = await LocalKeyStore.create({ dir: DIR, root: ROOT }, seamsOn(disk.process()));
  await store.createKey('orders');
  await store.rotate('orders');
  return disk;
}

export const openStoreOn = (files: Files, root = ROOT): Promise<LocalKeyStore> =>
  LocalKeyStore.open({ dir: DIR, root }, seamsOn(files));

export function call(signal = new AbortController().signal): Call {
  return { signal, deadline: Date.now() + 10_000, requestId: 'test' };
}

/** A backend that is open, with calls cut short for tests. */
export class Server {
  private constructor(
    readonly backend: LocalBackend,
    readonly logged: readonly unknown[],
  ) {}

  static async open(files: Files, { root = ROOT, dir = DIR } = {}): Promise<Server> {
    const { host, logged } = createTestHost();
    const server = new Server(new LocalBackend({ dir, root }, host, files), logged);
    await server.backend.open(call());
    return server;
  }

  wrap(keyId = 'orders', { plaintext = PLAINTEXT, aad }: { plaintext?: Uint8Array; aad?: BoundAad } = {}) {
    return this.backend.wrapKey({ keyId, plaintext, ...(aad && { aad }) }, call());
  }

  unwrap(wrapped: WrappedKey, { keyId = 'orders', aad }: { keyId?: string; aad?: BoundAad } = {}) {
    return this.backend.unwrapKey({ keyId, wrapped, ...(aad && { aad }) }, call());
  }

  describe(ref = 'orders') {
    return this.backend.describeKey(ref, call());
  }
}

/** What a refused call can be told by: `code providerCode`; `none` when it was not refused. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'none',
    (error: unknown) => {
      if (isKmsError(error)) return `${error.code} ${error.providerCode ?? ''}`.trim();
      throw error;
    },
  );
}

import { createSecretKey, randomBytes } from 'node:crypto';
import { isKmsError, type Host, type KmsError } from 'kkp-plugin-kit';
import { asKmsError, isFault, refuse } from './errors.js';
import { nodeFiles, type Files } from './files.js';
import { checkKeyId } from './key-id.js';
import {
  destroyed,
  newKey,
  rotated,
  withMinVersion,
  withoutVersion,
  withState,
  type Change,
  type Key,
  type KeyVersion,
} from './key.js';
import { entryOf, Keys, type StoredKey } from './keys.js';
import { encodeRecord } from './record.js';
import type { RootFile } from './root.js';
import { changeRoot, createStore, openStore, type Store, type StorePlace } from './store.js';

const MATERIAL_BYTES = 32;

/** What the store uses of the world; tests bring their own. */
export interface KeyStoreSeams {
  readonly files: Files;
  readonly random: Host['random'];
  readonly clock: Host['clock'];
}

const REAL: KeyStoreSeams = {
  files: nodeFiles,
  random: { bytes: (length) => Uint8Array.from(randomBytes(length)) },
  clock: { now: () => Date.now() },
};

/** A key without its material. */
export interface KeyListing {
  readonly name: string;
  /** `damaged`: the file was changed outside of KKP. */
  readonly state: Key['state'] | 'damaged';
  readonly latest: number;
  readonly minVersion: number;
  readonly versions: readonly { readonly version: number; readonly createdAt: number }[];
}

/**
 * Administers the keys of a store. Each change is durable when its promise resolves, and is seen by running servers with their
 * next call. Rejects with `KmsError`.
 */
export class LocalKeyStore {
  readonly #keys: Keys;

  private constructor(
    private readonly store: Store,
    private readonly seams: KeyStoreSeams,
  ) {
    this.#keys = new Keys(store);
  }

  /** Makes the directory, where it is not there, and a store without keys in it. */
  static async create(place: StorePlace, seams: KeyStoreSeams = REAL): Promise<LocalKeyStore> {
    return guarded(async () => {
      await createStore(place, seams);
      return LocalKeyStore.open(place, seams);
    });
  }

  static async open(place: StorePlace, seams: KeyStoreSeams = REAL): Promise<LocalKeyStore> {
    return guarded(async () => new LocalKeyStore(await openStore(place, seams), seams));
  }

  /** Makes a key with a first version. The name of a destroyed key stays taken. */
  async createKey(name: string): Promise<void> {
    await guarded(async () => {
      checkKeyId(name);
      if ((await this.store.revisions.latest(entryOf(name))) !== undefined) throw refuse('key-exists');
      await this.#commit(name, 0, newKey(this.#fresh()));
    });
  }

  /** Gives the number of the new version, which wraps from now on. */
  async rotate(name: string): Promise<number> {
    return (await this.#change(name, rotated(this.#fresh()))).latest;
  }

  async disable(name: string): Promise<void> {
    await this.#change(name, withState('disabled'));
  }

  async enable(name: string): Promise<void> {
    await this.#change(name, withState('enabled'));
  }

  /** Older versions open nothing; their material is kept, so that it can be taken back. */
  async setMinVersion(name: string, version: number): Promise<void> {
    await this.#change(name, withMinVersion(version));
  }

  /** Forgets the material of the key, or of one old version, for ever. */
  async destroy(name: string, version?: number): Promise<void> {
    await this.#change(name, version === undefined ? destroyed : withoutVersion(version));
  }

  async list(): Promise<readonly KeyListing[]> {
    return guarded(async () => [...(await this.#keys.all())].map(([name, found]) => listingOf(name, found)));
  }

  /** Seals the store with another root key or passphrase. The old one still opens older copies of the store. */
  async changeRoot(root: RootFile): Promise<void> {
    await guarded(() => changeRoot(this.store, root, this.seams));
  }

  async #change(name: string, change: Change): Promise<Key> {
    return guarded(async () => {
      const { key, revision } = await this.#keys.get(checkKeyId(name));
      const changed = change(key);
      await this.#commit(name, revision, changed);
      return changed;
    });
  }

  async #commit(name: string, previous: number, key: Key): Promise<void> {
    const { storeKey, revisions } = this.store;
    const place = { name, revision: previous + 1 };
    await revisions.commit(entryOf(name), previous, encodeRecord(key, place, storeKey, this.seams.random));
  }

  #fresh(): Omit<KeyVersion, 'version'> {
    const { random, clock } = this.seams;
    return { createdAt: clock.now(), material: createSecretKey(random.bytes(MATERIAL_BYTES)) };
  }
}

function listingOf(name: string, found: StoredKey | KmsError): KeyListing {
  if (isKmsError(found)) {
    if (!isFault(found, 'record-damaged')) throw found;
    return { name, state: 'damaged', latest: 0, minVersion: 0, versions: [] };
  }
  const { state, latest, minVersion, versions } = found.key;
  const listed = versions.map(({ version, createdAt }) => ({ version, createdAt }));
  return { name, state, latest, minVersion, versions: listed };
}

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw asKmsError(error);
  }
}

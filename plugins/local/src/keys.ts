import type { KmsError } from 'kkp-plugin-kit';
import { asKmsError, refuse } from './errors.js';
import { codeOf } from './files.js';
import type { Key } from './key.js';
import { decodeRecord, MAX_RECORD_BYTES } from './record.js';
import type { Store } from './store.js';

export interface StoredKey {
  readonly key: Key;
  readonly revision: number;
}

const SUFFIX = '.key';
/** A key that is changed that often while it is read is being changed in a loop. */
const ATTEMPTS = 5;

export const entryOf = (name: string): string => `${name}${SUFFIX}`;

/**
 * The keys of a store as they are now. Each `get` looks into the directory, so that a change made by another process counts from
 * the next call on; a file is read once, since no revision ever changes.
 */
export class Keys {
  readonly #known = new Map<string, StoredKey>();

  constructor(private readonly store: Store) {}

  /** Every key, or why it cannot be read, by name. One after the other: there are fewer file handles than keys. */
  async all(): Promise<ReadonlyMap<string, StoredKey | KmsError>> {
    const all = new Map<string, StoredKey | KmsError>();
    for (const [entry, revision] of [...(await this.store.revisions.list())].sort()) {
      if (!entry.endsWith(SUFFIX)) continue;
      const name = entry.slice(0, -SUFFIX.length);
      all.set(
        name,
        await this.#load(name, revision)
          .then((found) => found ?? this.get(name))
          .catch(asKmsError),
      );
    }
    return all;
  }

  /** Whether the directory can be read at all. */
  async probe(): Promise<void> {
    await this.store.revisions.list();
  }

  /** @throws KmsError `no-such-key`, `record-damaged`, `rolled-back` */
  async get(name: string): Promise<StoredKey> {
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#look(name);
      if (found) return found;
      if (attempt === ATTEMPTS) throw refuse('rolled-back');
    }
  }

  forget(): void {
    this.#known.clear();
  }

  async #look(name: string): Promise<StoredKey | undefined> {
    const revision = await this.store.revisions.latest(entryOf(name));
    if (revision === undefined) throw refuse('no-such-key');
    return this.#load(name, revision);
  }

  /** Undefined when the directory was changed while it was looked at, so that another look is needed. */
  async #load(name: string, revision: number): Promise<StoredKey | undefined> {
    const known = this.#known.get(name);
    if (known && known.revision >= revision) return known.revision === revision ? known : undefined;
    const key = await this.#read(name, revision);
    if (!key) return undefined;
    const loaded = { key, revision };
    if ((this.#known.get(name)?.revision ?? 0) < revision) this.#known.set(name, loaded);
    return loaded;
  }

  async #read(name: string, revision: number): Promise<Key | undefined> {
    const { storeKey, revisions } = this.store;
    // A blob made by a version that a loss of power takes back would be lost.
    await revisions.settle();
    try {
      const { bytes } = await revisions.read(entryOf(name), revision, MAX_RECORD_BYTES);
      return decodeRecord(bytes, { name, revision }, storeKey);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw codeOf(error) === 'EFBIG' ? refuse('record-damaged') : error;
    }
  }
}

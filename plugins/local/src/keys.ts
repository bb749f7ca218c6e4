import { refuse } from './errors.js';
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

  async names(): Promise<readonly string[]> {
    const entries = [...(await this.store.revisions.list()).keys()];
    return entries
      .filter((entry) => entry.endsWith(SUFFIX))
      .map((entry) => entry.slice(0, -SUFFIX.length))
      .sort();
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

  /** Undefined when the directory was changed while it was looked at, so that another look is needed. */
  async #look(name: string): Promise<StoredKey | undefined> {
    const revision = await this.store.revisions.latest(entryOf(name));
    if (revision === undefined) throw refuse('no-such-key');
    const known = this.#known.get(name);
    if (known && known.revision >= revision) return known.revision === revision ? known : undefined;
    const key = await this.#read(name, revision);
    if (!key) return undefined;
    const loaded = { key, revision };
    if ((this.#known.get(name)?.revision ?? 0) < revision) this.#known.set(name, loaded);
    return loaded;
  }

  async #read(name: string, revision: number): Promise<Key | undefined> {
    const { id: storeId, storeKey, revisions } = this.store;
    // A blob made by a version that a loss of power takes back would be lost.
    await revisions.settle();
    try {
      const { bytes } = await revisions.read(entryOf(name), revision, MAX_RECORD_BYTES);
      return decodeRecord(bytes, { storeId, name, revision }, storeKey);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw codeOf(error) === 'EFBIG' ? refuse('record-damaged') : error;
    }
  }
}

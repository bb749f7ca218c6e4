import { KmsError } from 'kkp-plugin-kit';
import { MAX_KEYS, type MemoryConfig } from './config.js';
import { providerError } from './errors.js';

export interface Key {
  readonly id: string;
  /** Labels, oldest first; the last one wraps. */
  readonly versions: readonly [string, ...string[]];
  readonly state: 'enabled' | 'disabled' | 'deleted';
}

/** The keys of one service, without their material. */
export class KeyTable {
  readonly #keys = new Map<string, Key>();

  constructor(private readonly config: Pick<MemoryConfig, 'emulation' | 'keys'>) {
    for (const id of config.keys) this.create(id);
  }

  /**
   * The key with this canonical id, whatever its state.
   *
   * @throws KmsError when there is none
   */
  get(id: string): Key {
    const key = this.#keys.get(id);
    if (!key) throw providerError(this.config.emulation.faults['no-such-key']);
    return key;
  }

  /** @throws KmsError also when the key is disabled or deleted */
  getUsable(id: string): Key {
    const { faults } = this.config.emulation;
    const key = this.get(id);
    if (key.state === 'disabled') throw providerError(faults['key-disabled']);
    if (key.state === 'deleted') throw providerError(faults['key-deleted']);
    return key;
  }

  /** Creates the key unless there is or was one with this id. */
  create(id: string): void {
    if (this.#keys.has(id)) return;
    if (this.#keys.size >= MAX_KEYS) {
      throw new KmsError('unsupported', `The service in memory holds ${MAX_KEYS} keys at most.`, {
        side: 'proxy',
      });
    }
    this.#keys.set(id, { id, versions: [this.config.emulation.versionLabel(id, 1)], state: 'enabled' });
  }

  rotate(id: string): void {
    const key = this.getUsable(id);
    const label = this.config.emulation.versionLabel(id, key.versions.length + 1);
    this.#keys.set(id, { ...key, versions: [...key.versions, label] });
  }

  setState(id: string, state: Key['state']): void {
    this.#keys.set(id, { ...this.get(id), state });
  }
}

import { hkdfSync } from 'node:crypto';
import { withinCall, type Call, type Host } from 'kkp-plugin-kit';
import type { MemoryConfig } from './config.js';
import { KeyTable } from './keys.js';

const KEY_BYTES = 32;

/**
 * The emulated key service, shared by all connections that one plugin makes. It stores no key material: each key is
 * derived from one secret (the seed, or a random one) when it is used, and zeroed after. The secret goes with the last
 * connection.
 */
export class MemoryService {
  readonly keys: KeyTable;
  readonly #name: string;
  readonly #seed: string | undefined;
  #secret: Uint8Array = new Uint8Array();
  #connections = 0;
  #hung: Promise<void> | undefined;

  constructor(name: string, config: MemoryConfig) {
    this.#name = name;
    this.#seed = config.seed;
    this.keys = new KeyTable(config);
  }

  connect(random: Host['random']): void {
    if (this.#connections === 0) {
      this.#secret = this.#seed === undefined ? random.bytes(KEY_BYTES) : Buffer.from(this.#seed);
    }
    this.#connections += 1;
  }

  disconnect(): void {
    this.#connections -= 1;
    if (this.#connections === 0) this.#secret.fill(0);
  }

  /** Waits until the service answers or nobody waits any longer, whichever comes first. */
  async answer(call: Call, clock: Host['clock']): Promise<void> {
    await withinCall(call, clock, () => this.#hung ?? Promise.resolve());
  }

  /** Answers nothing from now on, until the returned function is called. */
  hang(): () => void {
    let letGo = (): void => undefined;
    const hung = new Promise<void>((resolve) => (letGo = resolve));
    this.#hung = hung;
    return () => {
      if (this.#hung === hung) this.#hung = undefined;
      letGo();
    };
  }

  /** Lends the key of one version, counted from 1, for the time of `use`. */
  withMaterial<T>(keyId: string, version: number, use: (key: Uint8Array) => T): T {
    const info = JSON.stringify([this.#name, keyId, version]);
    const key = Buffer.from(hkdfSync('sha256', this.#secret, 'kkp-plugin-memory', info, KEY_BYTES));
    try {
      return use(key);
    } finally {
      key.fill(0);
    }
  }
}

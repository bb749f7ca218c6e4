import type { KeyObject } from 'node:crypto';
import type { Ring } from './ring.js';

/** A ring with the private key of each of its keys, by kid. */
export interface RingSnapshot {
  readonly ring: Ring;
  readonly privateKeys: ReadonlyMap<string, KeyObject>;
}

export interface StoredRing extends RingSnapshot {
  /** Changes with every replacement; compared and never interpreted. */
  readonly revision: number;
}

/**
 * Where the ring outlives its process. A durable store seals the private keys before they leave memory.
 *
 * Writes happen when the ring changes, not when a token is signed: `lastExp` in a snapshot is what was known at the last
 * change. Whoever loads one assumes that its active key has signed the longest token there may be.
 */
export interface KeyStore {
  load(): Promise<StoredRing | undefined>;
  /**
   * Replaces the ring of revision `expected` (undefined: there is none yet).
   * @returns the new revision, or undefined when another process has changed the ring meanwhile; nothing is written then.
   */
  replace(expected: number | undefined, snapshot: RingSnapshot): Promise<number | undefined>;
}

/** Keys that live as long as the process. */
export class MemoryKeyStore implements KeyStore {
  #stored: StoredRing | undefined;

  load(): Promise<StoredRing | undefined> {
    return Promise.resolve(this.#stored);
  }

  replace(expected: number | undefined, { ring, privateKeys }: RingSnapshot): Promise<number | undefined> {
    if (this.#stored?.revision !== expected) return Promise.resolve(undefined);
    const revision = (expected ?? 0) + 1;
    this.#stored = { revision, ring, privateKeys };
    return Promise.resolve(revision);
  }
}

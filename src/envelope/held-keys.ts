import { LRUCache } from 'lru-cache';
import { zero } from '../backends/index.js';
import type { Clock } from '../clock.js';
import type { DataKeyLimits } from './data-key-limits.js';

/** Why a data key was forgotten. `capacity`: the least recently used went for another. */
export type Eviction =
  'age' | 'uses' | 'bytes' | 'capacity' | 'replaced' | 'key-changed' | 'key-refused' | 'close';

interface Held<T> {
  readonly value: T;
  readonly owner: string;
  readonly at: number;
  readonly timer: NodeJS.Timeout;
  uses: number;
  bytes: number;
}

/**
 * Data keys in clear, each for at most so long, so many messages and so many bytes, and at most so many of them. What
 * it gives out is a copy; its own is zeroed when it is forgotten, whether or not anybody asks again.
 */
export class HeldKeys<T extends { readonly dataKey: Uint8Array }> {
  private readonly held: LRUCache<string, Held<T>>;
  private closed = false;

  constructor(
    private readonly limits: DataKeyLimits,
    private readonly clock: Clock,
    private readonly onEviction: (reason: Eviction) => void,
  ) {
    this.held = new LRUCache<string, Held<T>>({
      max: limits.maxEntries,
      dispose: ({ value, timer }, _id, reason) => {
        clearTimeout(timer);
        zero(value.dataKey);
        if (reason === 'evict') onEviction('capacity');
        if (reason === 'set') onEviction('replaced');
      },
    });
  }

  get size(): number {
    return this.held.size;
  }

  /**
   * @param value from here on it belongs to the cache
   * @param owner whose key it is, for `forget`
   * @param at when the key service was asked for it, in Unix milliseconds: its age counts from there
   */
  put(id: string, value: T, owner: string, at: number): void {
    const leftMs = this.limits.maxAgeSeconds * 1000 - (this.clock.now() - at);
    if (this.closed || leftMs <= 0) {
      zero(value.dataKey);
      return;
    }
    // Beside the clock, which somebody may set back.
    const timer = setTimeout(() => this.drop(id, 'age'), leftMs).unref();
    this.held.set(id, { value, owner, at, timer, uses: 0, bytes: 0 });
  }

  /** A copy for one message of `bytes`, when there is one that may still be used for it. */
  take(id: string, bytes: number): T | undefined {
    const held = this.held.get(id);
    if (!held) return undefined;
    const spent = this.spentBy(held, bytes);
    if (spent) {
      this.drop(id, spent);
      return undefined;
    }
    held.uses += 1;
    held.bytes += bytes;
    const copy = { ...held.value, dataKey: Uint8Array.from(held.value.dataKey) };
    if (held.uses >= this.limits.maxUses) this.drop(id, 'uses');
    return copy;
  }

  /** Forgets all data keys of an owner. */
  forget(owner: string, reason: Eviction): void {
    for (const [id, held] of this.held.entries()) if (held.owner === owner) this.drop(id, reason);
  }

  close(): void {
    this.closed = true;
    for (const id of [...this.held.keys()]) this.drop(id, 'close');
  }

  private spentBy(held: Held<T>, bytes: number): Eviction | undefined {
    const age = this.clock.now() - held.at;
    if (age < 0 || age >= this.limits.maxAgeSeconds * 1000) return 'age';
    return held.bytes + bytes > this.limits.maxBytes ? 'bytes' : undefined;
  }

  private drop(id: string, reason: Eviction): void {
    if (this.held.delete(id)) this.onEviction(reason);
  }
}

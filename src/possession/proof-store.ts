import { unixSeconds, type Clock } from '../clock.js';
import type { Limit } from '../limits.js';

export const DPOP_LIMITS = {
  /** About 200 bytes each. A proof is remembered for 66 seconds at most: the fallback is for 1,500 a second. */
  maxProofs: { min: 1, max: 10_000_000, unit: 'proofs', fallback: 100_000 },
} as const satisfies Record<string, Limit>;

/**
 * The proofs that were used. Replicas that share their clients' load must share a store, or each accepts a proof once.
 * An implementation must decide in one step (`SET NX`, `INSERT ... ON CONFLICT DO NOTHING`), and reject when it cannot.
 */
export interface ProofStore {
  /**
   * Marks a proof as used. `used`: it was before; `full`: there is no room to remember it, and it must not be accepted.
   * @param id of the proof, 43 characters
   * @param until Unix seconds from when on it may be forgotten
   */
  use(id: string, until: number): Promise<'fresh' | 'used' | 'full'>;
}

/** For one process. Holds at most `capacity` proofs, none of them longer than it could be replayed. */
export class MemoryProofStore implements ProofStore {
  private readonly used = new Set<string>();
  /** Ids by the second from when on they may be forgotten: as many seconds as a proof is good for, at most. */
  private readonly endings = new Map<number, string[]>();

  constructor(
    private readonly capacity: number,
    private readonly clock: Clock,
  ) {}

  use(id: string, until: number): Promise<'fresh' | 'used' | 'full'> {
    this.forget();
    if (this.used.has(id)) return Promise.resolve('used');
    if (this.used.size >= this.capacity) return Promise.resolve('full');
    this.used.add(id);
    const ending = this.endings.get(until) ?? [];
    ending.push(id);
    this.endings.set(until, ending);
    return Promise.resolve('fresh');
  }

  private forget(): void {
    const now = unixSeconds(this.clock);
    for (const [until, ids] of this.endings) {
      if (until > now) continue;
      for (const id of ids) this.used.delete(id);
      this.endings.delete(until);
    }
  }
}

import { elapsedSeconds, unixSeconds, type Clock } from '../clock.js';
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
   * Unix seconds before which proofs may have been used that the store knows nothing of: older ones are refused. Absent
   * where it outlives the process.
   */
  readonly since?: number;
  /**
   * Marks a proof as used. `used`: it was before; `full`: there is no room to remember it, and it must not be accepted.
   * @param id of the proof, 43 characters
   * @param until Unix seconds from when on it may be forgotten
   */
  use(id: string, until: number): Promise<'fresh' | 'used' | 'full'>;
}

/**
 * For one process. Holds at most `capacity` proofs, each as long as it could be replayed: by the clock, and by the time that
 * has really passed, for a clock that is ahead may be set back.
 *
 * What an earlier process accepted is refused by its age. Two things are not met: a proof from a clock that is ahead, which
 * the earlier process took in the last seconds before this one began, and a process that goes on beside this one, which is
 * a replica.
 */
export class MemoryProofStore implements ProofStore {
  /** Rounded up: a proof tells only the second that it was made in. */
  readonly since: number;
  private readonly used = new Set<string>();
  /** By the second from when on their proofs may be forgotten. */
  private readonly endings = new Map<number, Ending>();

  constructor(
    private readonly capacity: number,
    private readonly clock: Clock,
  ) {
    this.since = Math.ceil((clock.begun ?? clock.now()) / 1000);
  }

  use(id: string, until: number): Promise<'fresh' | 'used' | 'full'> {
    this.forget();
    if (this.used.has(id)) return Promise.resolve('used');
    if (this.used.size >= this.capacity) return Promise.resolve('full');
    this.used.add(id);
    const keptUntil = elapsedSeconds(this.clock) + until - unixSeconds(this.clock);
    const ending = this.endings.get(until) ?? { ids: [], keptUntil };
    ending.ids.push(id);
    ending.keptUntil = Math.max(ending.keptUntil, keptUntil);
    this.endings.set(until, ending);
    return Promise.resolve('fresh');
  }

  private forget(): void {
    const [now, elapsed] = [unixSeconds(this.clock), elapsedSeconds(this.clock)];
    for (const [until, { ids, keptUntil }] of this.endings) {
      if (until > now || keptUntil > elapsed) continue;
      for (const id of ids) this.used.delete(id);
      this.endings.delete(until);
    }
  }
}

interface Ending {
  readonly ids: string[];
  /** In the seconds that have elapsed. */
  keptUntil: number;
}

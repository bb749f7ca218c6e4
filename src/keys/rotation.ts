import type { KkpLog } from '../log.js';
import type { SigningKeys } from './signing-keys.js';

/**
 * Keeps the ring up to date. A tick compares times of day: it may come late, twice, or often, and intervals of months need
 * no timer of months (timers overflow at 24.8 days and then fire without pause).
 */
export class KeyRotation {
  constructor(
    private readonly keys: SigningKeys,
    private readonly log: KkpLog,
  ) {}

  /** Rotates when due, and drops keys that no live token needs. A failure is logged; the next tick tries again. */
  async tick(): Promise<void> {
    try {
      await this.keys.maintain();
    } catch (error) {
      this.log('error', 'The signing keys could not be rotated; the old ones serve as long as they live.', {
        error: String(error),
      });
    }
  }
}

const SHORTEST_TICK_MS = 250;
const LONGEST_TICK_MS = 10_000;

/** Four looks a rotation interval, between a quarter of a second and ten seconds apart. */
export const tickMilliseconds = (rotationSeconds: number): number =>
  Math.min(LONGEST_TICK_MS, Math.max(SHORTEST_TICK_MS, rotationSeconds * 250));

import { FixedRandom } from '../fixed-random.js';
import type { TestClock } from '../setup.js';
import { jest } from '@jest/globals';

/** Randomness that always says the same share of 1, and is asked for nothing else. */
export class FixedShare extends FixedRandom {
  constructor(private readonly share: number) {
    super();
  }

  override bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    bytes.writeUInt32BE(Math.floor(this.share * 0xffff_ffff));
    return bytes;
  }
}

/** Moves a clock and jest's timers together. */
export async function pass(clock: TestClock, ms: number): Promise<void> {
  clock.time += ms;
  await jest.advanceTimersByTimeAsync(ms);
}

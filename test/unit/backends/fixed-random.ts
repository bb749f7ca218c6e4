import { createHash } from 'node:crypto';
import type { Random } from '../../../src/random.js';

/** Randomness that is the same in every run, and keeps hold of each buffer that it gave away. */
export class FixedRandom implements Random {
  readonly issued: Buffer[] = [];
  /** What the buffers held when they were given away, in hex. */
  readonly given: string[] = [];
  private count = 0;

  constructor(private readonly seed = 'kkp') {}

  bytes(length: number): Buffer {
    this.count += 1;
    const digest = createHash('sha512').update(`${this.seed}:${this.count}`).digest();
    const bytes = Buffer.from(digest.subarray(0, length));
    this.issued.push(bytes);
    this.given.push(bytes.toString('hex'));
    return bytes;
  }

  uuid(): string {
    return '00000000-0000-4000-8000-000000000000';
  }
}

import { createHash } from 'node:crypto';
import type { Clock } from '../../../src/clock.js';
import {
  MemoryKeyStore,
  SigningKeys,
  withKeyDefaults,
  type KeyStore,
  type KeyTimes,
} from '../../../src/keys/index.js';
import type { Random } from '../../../src/random.js';

export const START = 1_700_000_000;

/** A clock that moves when told to. */
export class TestClock implements Clock {
  seconds = START;

  now(): number {
    return this.seconds * 1000;
  }

  advance(seconds: number): void {
    this.seconds += seconds;
  }
}

/** The same bytes every time: SHA-256 of a seed and a counter. */
export class SeededRandom implements Random {
  /** Every buffer that was handed out, to see what became of it. */
  readonly handedOut: Buffer[] = [];
  private count = 0;

  constructor(private readonly seed = 'kkp') {}

  bytes(length: number): Buffer {
    const bytes = createHash('sha256').update(`${this.seed}/${this.count++}`).digest().subarray(0, length);
    this.handedOut.push(bytes);
    return bytes;
  }

  uuid(): string {
    const hex = this.bytes(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

export const keyTimes = (ttlSeconds: number, rotationSeconds: number, maxActiveKeys: number): KeyTimes => ({
  ttlSeconds,
  rotationSeconds,
  maxActiveKeys,
});

/** The defaults of the server: 1800 s, 900 s, 5 keys; tokens of up to 900 s; skew 60 s. */
export const DEFAULTS = withKeyDefaults(keyTimes(1800, 900, 5));

/** Started signing keys with what drives them. */
export async function startKeys(
  times: KeyTimes = DEFAULTS,
  store: KeyStore = new MemoryKeyStore(),
  seed = 'kkp',
) {
  const clock = new TestClock();
  const keys = new SigningKeys(times, clock, new SeededRandom(seed), store);
  await keys.start();
  return { keys, clock, store };
}

/** A store whose answers wait until they are let go, and can be made to fail. */
export class SlowStore extends MemoryKeyStore {
  replacements = 0;
  failure: Error | undefined;
  private gate: Promise<void> = Promise.resolve();

  /** Holds all replacements until the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.gate = new Promise((resolve) => (release = resolve));
    return release;
  }

  override async replace(...request: Parameters<KeyStore['replace']>): Promise<number | undefined> {
    this.replacements += 1;
    await this.gate;
    if (this.failure) throw this.failure;
    return super.replace(...request);
  }
}

import type { KmsHealth } from 'kkp-plugin-kit';
import { ageOf, type Clock } from '../clock.js';

type Health = Record<string, KmsHealth>;

/** An answer this many times older than its time is not given out any more while a new one is waited for. */
const STALE_TIMES = 3;

/**
 * Probes at most once in `ttlMs`, and once for all who ask at the same time. `probe` must not reject. Once there is an
 * answer nobody waits for the next: a backend that hangs would make every question about the others as slow as itself.
 */
export class HealthCache {
  private last: { health: Health; at: number } | undefined;
  private underWay: Promise<Health> | undefined;

  constructor(
    private readonly probe: () => Promise<Health>,
    private readonly ttlMs: number,
    private readonly clock: Clock,
  ) {}

  async get(): Promise<Health> {
    const { last } = this;
    const age = last ? ageOf(last.at, this.clock) : Infinity;
    if (last && age < this.ttlMs) return last.health;
    this.underWay ??= this.refresh();
    return last && age < this.ttlMs * STALE_TIMES ? last.health : await this.underWay;
  }

  private async refresh(): Promise<Health> {
    try {
      const health = await this.probe();
      this.last = { health, at: this.clock.now() };
      return health;
    } finally {
      this.underWay = undefined;
    }
  }
}

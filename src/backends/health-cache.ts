import type { KmsHealth } from 'kkp-plugin-kit';
import type { Clock } from '../clock.js';

type Health = Record<string, KmsHealth>;

/** Probes at most once in `ttlMs`, and once for all who ask at the same time. `probe` must not reject. */
export class HealthCache {
  private last: { health: Health; until: number } | undefined;
  private underWay: Promise<Health> | undefined;

  constructor(
    private readonly probe: () => Promise<Health>,
    private readonly ttlMs: number,
    private readonly clock: Clock,
  ) {}

  async get(): Promise<Health> {
    if (this.last && this.clock.now() < this.last.until) return this.last.health;
    this.underWay ??= this.refresh();
    return await this.underWay;
  }

  private async refresh(): Promise<Health> {
    try {
      const health = await this.probe();
      this.last = { health, until: this.clock.now() + this.ttlMs };
      return health;
    } finally {
      this.underWay = undefined;
    }
  }
}

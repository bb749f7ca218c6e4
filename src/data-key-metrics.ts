import { Counter, Gauge, type Registry } from 'prom-client';

/** Metrics of the data-key cache. The hit ratio is hits / (hits + misses). */
export class DataKeyMetrics {
  private readonly lookUps: Counter<'operation' | 'result'>;
  private readonly evictions: Counter<'operation' | 'reason'>;

  constructor(private readonly registry: Registry) {
    this.lookUps = new Counter({
      name: 'kkp_data_key_cache_lookups_total',
      help: 'Messages by what the data-key cache had: a hit costs no call of a key service; a bypass may not share.',
      labelNames: ['operation', 'result'] as const,
      registers: [registry],
    });
    this.evictions = new Counter({
      name: 'kkp_data_key_cache_evictions_total',
      help: 'Data keys that the cache forgot, by reason.',
      labelNames: ['operation', 'reason'] as const,
      registers: [registry],
    });
  }

  lookUp({ direction: operation, result }: { direction: string; result: string }): void {
    this.lookUps.inc({ operation, result });
  }

  eviction({ direction: operation, reason }: { direction: string; reason: string }): void {
    this.evictions.inc({ operation, reason });
  }

  /** Reads the number of data keys held at each scrape. */
  watch(read: () => Readonly<Record<string, number>>): void {
    new Gauge({
      name: 'kkp_data_key_cache_entries',
      help: 'Data keys that the cache holds.',
      labelNames: ['operation'] as const,
      registers: [this.registry],
      collect() {
        for (const [operation, count] of Object.entries(read())) this.set({ operation }, count);
      },
    });
  }
}

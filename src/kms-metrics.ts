import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Bounds of the histograms of durations. */
export const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How the calls of a backend stand. */
interface KmsGauge {
  readonly breaker: 'closed' | 'half-open' | 'open';
  readonly inFlight: number;
  readonly queued: number;
}

const BREAKER = { closed: 0, 'half-open': 1, open: 2 };

/**
 * Metrics of the calls to key services. `kkp_kms_calls_total` and the histogram count attempts: what a key service was
 * sent, and bills. A call that is retried is several; one that is refused here is none, and is in
 * `kkp_kms_refused_total`.
 */
export class KmsMetrics {
  constructor(private readonly registry: Registry) {}

  private readonly calls = this.counter(
    'kkp_kms_calls_total',
    'Attempts that reached a key service, by backend, operation and code. A retried call is several.',
    ['backend', 'operation', 'code'],
  );
  private readonly seconds = new Histogram({
    name: 'kkp_kms_call_duration_seconds',
    help: 'Time of attempts at key services, without queueing and waits before retries.',
    labelNames: ['backend', 'operation'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  private readonly refused = this.counter(
    'kkp_kms_refused_total',
    'Calls that were not let through: breaker-open, queue-full or queue-timeout.',
    ['backend', 'reason'],
  );
  private readonly retries = this.counter(
    'kkp_kms_retries_total',
    'Retries that were made, or not made for want of budget (no-budget) or time before the deadline (no-time).',
    ['backend', 'outcome'],
  );
  private readonly descriptions = this.counter(
    'kkp_kms_describe_cache_total',
    'Look-ups of key descriptions: a hit costs no call.',
    ['backend', 'result'],
  );

  call(call: { backend: string; operation: string; code: string; seconds: number }): void {
    const { backend, operation, code } = call;
    this.calls.inc({ backend, operation, code });
    this.seconds.observe({ backend, operation }, call.seconds);
  }

  refusal({ backend, reason }: { backend: string; reason: string }): void {
    this.refused.inc({ backend, reason });
  }

  retry({ backend, outcome }: { backend: string; outcome: string }): void {
    this.retries.inc({ backend, outcome });
  }

  description({ backend, result }: { backend: string; result: 'hit' | 'miss' }): void {
    this.descriptions.inc({ backend, result });
  }

  /** Reads the backends at each scrape. */
  watch(read: () => Readonly<Record<string, KmsGauge>>): void {
    this.gauge('kkp_kms_breaker_state', 'Circuit breaker: 0 closed, 1 half-open, 2 open.', (set) => {
      for (const [backend, { breaker }] of Object.entries(read())) set(backend, BREAKER[breaker]);
    });
    this.gauge('kkp_kms_in_flight', 'Calls that are with a key service now.', (set) => {
      for (const [backend, { inFlight }] of Object.entries(read())) set(backend, inFlight);
    });
    this.gauge('kkp_kms_queued', 'Calls that wait for a place now.', (set) => {
      for (const [backend, { queued }] of Object.entries(read())) set(backend, queued);
    });
  }

  private counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge(
    name: string,
    help: string,
    collect: (set: (backend: string, value: number) => void) => void,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: ['backend'] as const,
      registers: [this.registry],
      collect() {
        collect((backend, value) => this.set({ backend }, value));
      },
    });
  }
}

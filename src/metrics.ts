import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DataKeyMetrics } from './data-key-metrics.js';
import { KmsMetrics, SECONDS } from './kms-metrics.js';

/** A signing key as the gauges see it. */
interface KeyGauge {
  readonly state: string;
  readonly ageSeconds: number;
}

/** The keys of an issuer of callers, as configured. */
interface CallerKeysGauge {
  readonly issuer: string;
  readonly ageSeconds?: number;
  readonly failures: number;
}

/**
 * KKP's own metrics in a registry of their own, so that two modules, or a host's default registry, do not meet.
 * Labels are names from the configuration and codes: never a key id, a subject or a path that a caller chose.
 */
export class KkpMetrics {
  readonly registry = new Registry();

  private readonly requests = new Counter({
    name: 'kkp_http_requests_total',
    help: 'HTTP requests by route, method and status.',
    labelNames: ['route', 'method', 'status'] as const,
    registers: [this.registry],
  });
  private readonly requestSeconds = new Histogram({
    name: 'kkp_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer.',
    labelNames: ['route', 'method'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  private readonly decisions = new Counter({
    name: 'kkp_policy_decisions_total',
    help: 'Policy decisions by action and outcome; a fault is a denial because the policy could not be evaluated.',
    labelNames: ['action', 'outcome'] as const,
    registers: [this.registry],
  });
  private readonly refusals = new Counter({
    name: 'kkp_rate_limited_total',
    help: 'Requests, or items of batches, that were beyond a quota of their caller or network, by quota.',
    labelNames: ['quota'] as const,
    registers: [this.registry],
  });
  /** Of the calls to key services. */
  readonly kms = new KmsMetrics(this.registry);
  /** Of the data-key cache. */
  readonly dataKeys = new DataKeyMetrics(this.registry);

  request(route: string, method: string, status: number, seconds: number): void {
    this.requests.inc({ route, method, status });
    this.requestSeconds.observe({ route, method }, seconds);
  }

  /** Requests that were refused before anything of them was looked at. */
  refusedUnread(method: string, count: number): void {
    this.requests.inc({ route: 'unmatched', method, status: 503 }, count);
  }

  decision(action: string, outcome: 'allow' | 'deny' | 'fault'): void {
    this.decisions.inc({ action, outcome });
  }

  rateLimited(quota: string): void {
    this.refusals.inc({ quota });
  }

  /** Reads at each scrape, as `watchKeys`. */
  watchCallerKeys(read: () => readonly CallerKeysGauge[]): void {
    new Gauge({
      name: 'kkp_caller_keys_age_seconds',
      help: 'Time since the keys of an issuer of callers were had; absent when they never were.',
      labelNames: ['issuer'] as const,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { issuer, ageSeconds } of read())
          if (ageSeconds !== undefined) this.set({ issuer }, ageSeconds);
      },
    });
    new Counter({
      name: 'kkp_caller_keys_failures_total',
      help: 'How often the keys of an issuer of callers were asked for in vain.',
      labelNames: ['issuer'] as const,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { issuer, failures } of read()) this.inc({ issuer }, failures);
      },
    });
  }

  /** Reads the ring at each scrape: an age that is only set on change would stand still. */
  watchKeys(read: () => readonly KeyGauge[]): void {
    const count = { name: 'kkp_signing_keys', help: 'Signing keys by state.' };
    const age = { name: 'kkp_signing_key_age_seconds', help: 'Age of the oldest signing key in each state.' };
    new Gauge({
      ...count,
      labelNames: ['state'] as const,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { state } of read()) this.inc({ state });
      },
    });
    new Gauge({
      ...age,
      labelNames: ['state'] as const,
      registers: [this.registry],
      collect() {
        this.reset();
        const oldest = new Map<string, number>();
        for (const key of read()) oldest.set(key.state, Math.max(key.ageSeconds, oldest.get(key.state) ?? 0));
        for (const [state, seconds] of oldest) this.set({ state }, seconds);
      },
    });
  }
}

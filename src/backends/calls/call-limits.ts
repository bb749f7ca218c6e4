import type { Limit } from '../../limits.js';

/** What bounds the calls of each backend: the one source for defaults, for embedders and for the server's settings. */
export const CALL_LIMITS = {
  /** Longest wait for one call, with its time in the queue and its retries. */
  callTimeoutMs: { min: 10, max: 600_000, unit: 'milliseconds', fallback: 10_000 },
  /** Calls that the key service is sent at the same time. */
  concurrency: { min: 1, max: 10_000, unit: 'calls', fallback: 64 },
  /** Calls that wait beyond those. */
  queue: { min: 0, max: 100_000, unit: 'calls', fallback: 256 },
  /** Retries of one call. */
  retries: { min: 0, max: 10, unit: 'retries', fallback: 2 },
  /** Retries of any 100 calls or more, in percent. */
  retryPercent: { min: 5, max: 100, unit: 'percent', fallback: 10 },
  /** Outages in a row that open the circuit breaker. */
  breakerFailures: { min: 1, max: 10_000, unit: 'failures', fallback: 5 },
  /** How long it stays open before one call may try. */
  breakerOpenMs: { min: 100, max: 600_000, unit: 'milliseconds', fallback: 5_000 },
} as const satisfies Record<string, Limit>;

export type CallLimits = Readonly<Record<keyof typeof CALL_LIMITS, number>>;

import type { Limit } from '../limits.js';

/** What an operator may set. */
export const REVOCATION_LIMITS = {
  listTtlSeconds: { min: 2, max: 3600, unit: 'seconds', fallback: 60 },
  maxRules: { min: 1, max: 100_000, unit: 'rules', fallback: 10_000 },
} as const satisfies Record<string, Limit>;

/** Times that say how long a rule is needed, in seconds, and the bound of their number. */
export interface RevocationOptions {
  readonly maxTokenTtlSeconds: number;
  readonly keyTtlSeconds: number;
  readonly skewSeconds: number;
  readonly maxRules: number;
}

import type { Numbers } from './options.js';

/** The limits keep a run from becoming an attack on its machine. */
export const LOAD_OPTIONS = {
  /** Open connections, each with one request under way. */
  connections: { fallback: 16, smoke: 1, least: 1, most: 256 },
  /** Seconds of load, for one server, one route and one round. */
  duration: { fallback: 5, smoke: 0.2, least: 0.1, most: 60, fraction: true },
  /** Seconds of load before the first round, for one server and one route. */
  warmup: { fallback: 2, smoke: 0.2, least: 0.1, most: 60, fraction: true },
  rounds: { fallback: 3, smoke: 1, least: 1, most: 9 },
  /** Starts of each server for the start-up time. */
  starts: { fallback: 5, smoke: 1, least: 1, most: 20 },
} as const;

export type LoadOptions = Omit<Numbers<typeof LOAD_OPTIONS>, 'smoke'>;

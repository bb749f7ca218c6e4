/** How long signing keys live and how many there may be. Whole seconds throughout. */
export interface SigningKeyOptions {
  /** Lifetime of a key, counted from its activation: no token that it signs outlives it. */
  readonly ttlSeconds: number;
  /** A scheduled rotation comes this long after the last rotation of any kind. */
  readonly rotationSeconds: number;
  /** Bound of the ring: next, active and verify-only keys together. */
  readonly maxActiveKeys: number;
  /** Longest lifetime of a token. */
  readonly maxTokenTtlSeconds: number;
  /** How long a key stays published after its last token has expired, for verifiers whose clocks are behind. */
  readonly skewSeconds: number;
}

/** The same with what follows from the first three left out. */
export interface KeyTimes extends Omit<SigningKeyOptions, 'maxTokenTtlSeconds' | 'skewSeconds'> {
  readonly maxTokenTtlSeconds?: number | undefined;
  readonly skewSeconds?: number | undefined;
}

const DEFAULT_SKEW_SECONDS = 60;

/**
 * Fills in the defaults.
 *
 * The longest token is `ttl - rotation`: signed at the last moment of its key's turn, it ends with its key. The skew is
 * one minute, but at most one rotation interval, so that intervals of seconds do not ask for dozens of keys. That is
 * safe: a token dies at `exp` by every verifier's own clock, so the skew only serves clocks that are behind.
 */
export function withKeyDefaults(times: KeyTimes): SigningKeyOptions {
  const { ttlSeconds, rotationSeconds } = times;
  return {
    ...times,
    maxTokenTtlSeconds: times.maxTokenTtlSeconds ?? ttlSeconds - rotationSeconds,
    skewSeconds: times.skewSeconds ?? Math.min(DEFAULT_SKEW_SECONDS, rotationSeconds),
  };
}

/** The most retired keys that scheduled rotations alone can leave in the ring at one time. */
export const mostRetired = ({
  maxTokenTtlSeconds,
  skewSeconds,
  rotationSeconds,
}: SigningKeyOptions): number => Math.ceil((maxTokenTtlSeconds + skewSeconds) / rotationSeconds);

/** Where time comes from. Injected, so that tests stand still. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Whole Unix seconds, as JWT times are counted (RFC 7519 section 2, NumericDate). */
export const unixSeconds = (clock: Clock): number => Math.floor(clock.now() / 1000);

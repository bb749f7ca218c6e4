/** Where time comes from. Injected, so that tests stand still. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Whole Unix seconds, as JWT times are counted (RFC 7519 section 2, NumericDate). */
export const unixSeconds = (clock: Clock): number => Math.floor(clock.now() / 1000);

/** Milliseconds since `at`; `Infinity` for a time to come, which somebody has made by setting the clock back. */
export function ageOf(at: number, clock: Clock): number {
  const age = clock.now() - at;
  return age < 0 ? Infinity : age;
}

/** Where time comes from. Injected, so that tests stand still. */
export interface Clock {
  /** Unix time in milliseconds. It jumps when somebody sets it. */
  now(): number;
  /** Milliseconds since some moment, which nobody can set: they neither jump nor go back. Default: `now`. */
  elapsed?(): number;
  /** Unix time in milliseconds at which the process began, as the clock was set then. */
  readonly begun?: number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  begun: performance.timeOrigin,
};

/** Seconds that have really passed, to be compared with each other in one process only. */
export const elapsedSeconds = (clock: Clock): number => (clock.elapsed?.() ?? clock.now()) / 1000;

/** Whole Unix seconds, as JWT times are counted (RFC 7519 section 2, NumericDate). */
export const unixSeconds = (clock: Clock): number => Math.floor(clock.now() / 1000);

/** Milliseconds since `at`; `Infinity` for a time to come, which somebody has made by setting the clock back. */
export function ageOf(at: number, clock: Clock): number {
  const age = clock.now() - at;
  return age < 0 ? Infinity : age;
}

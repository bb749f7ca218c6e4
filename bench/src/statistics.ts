/** NaN for no values. */
export const median = (values: readonly number[]): number => percentile(values, 50);

/** Nearest rank. `percent` from above 0 to 100. NaN for no values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? NaN;
}

/**
 * Where the median of all that could have been measured is, at 95 %: order statistics by the normal approximation to the
 * binomial (W. J. Conover, Practical Nonparametric Statistics, section 3.2). Of fewer than six values, the least and the most.
 */
export function medianInterval(values: readonly number[]): [least: number, most: number] {
  const sorted = Float64Array.from(values).sort();
  const below = Math.max(0, Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2) - 1);
  return [sorted[below] ?? NaN, sorted[sorted.length - 1 - below] ?? NaN];
}

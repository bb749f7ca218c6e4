/** NaN for no values. */
export const median = (values: readonly number[]): number => percentile(values, 50);

/** Nearest rank. `percent` from above 0 to 100. NaN for no values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? NaN;
}

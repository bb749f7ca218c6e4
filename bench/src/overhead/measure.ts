import { median, percentile } from '../statistics.js';
import { WAYS, type Operation, type Way } from './operations.js';

/** Microseconds of each call, by way: the calls of one index were made right after one another. */
export type Timings = Readonly<Record<Way, readonly number[]>>;

/** One call at a time, each way in turn, so that a slow moment of the machine meets them all; who is first changes. */
export async function time({ ways }: Operation, calls: number): Promise<Timings> {
  const found: Record<Way, number[]> = { direct: [], embedded: [], server: [] };
  for (let call = 0; call < calls; call++) {
    for (let turn = 0; turn < WAYS.length; turn++) {
      const way = WAYS[(call + turn) % WAYS.length]!;
      const started = performance.now();
      await ways[way]();
      found[way].push((performance.now() - started) * 1000);
    }
  }
  return found;
}

export interface Overhead {
  readonly p50: number;
  readonly p99: number;
  /** Of the medians. */
  readonly ratio: number;
  /** The median of the differences to the direct call beside. */
  readonly addedP50: number;
  /** The difference of the two p99. */
  readonly addedP99: number;
}

export function overhead(timings: Timings, way: Way): Overhead {
  const [direct, own] = [timings.direct, timings[way]];
  const [p50, p99] = [median(own), percentile(own, 99)];
  return {
    p50,
    p99,
    ratio: p50 / median(direct),
    addedP50: median(own.map((micros, index) => micros - direct[index]!)),
    addedP99: p99 - percentile(direct, 99),
  };
}

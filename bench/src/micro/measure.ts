import { Bench } from 'tinybench';
import { median } from '../statistics.js';
import type { Pair } from './pair.js';

export interface Measured {
  readonly pair: Pair;
  /** Microseconds a call: the median over the rounds of each round's median. */
  readonly micros: number;
  readonly floorMicros: number;
}

/** Measures all pairs once a round, each beside its floor, for `milliseconds` each. */
export async function measure(
  pairs: readonly Pair[],
  { rounds, milliseconds }: { readonly rounds: number; readonly milliseconds: number },
): Promise<Measured[]> {
  const calls = pairs.flatMap(({ run, runFloor }) => [run, runFloor]);
  const found = calls.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({ time: milliseconds, warmupTime: milliseconds / 4, throws: true });
    calls.forEach((call, index) => bench.add(String(index), call));
    const tasks = await bench.run();
    tasks.forEach(({ result }, index) => {
      if (result.state !== 'completed') throw new Error(`A task ended as ${result.state}.`);
      found[index]!.push(result.latency.p50 * 1000);
    });
  }
  const medians = found.map((values) => median(values));
  return pairs.map((pair, index) => ({
    pair,
    micros: medians[2 * index]!,
    floorMicros: medians[2 * index + 1]!,
  }));
}

import type { PacedStream } from '../paced-load.js';
import type { ServiceProcess } from '../service-process.js';
import { percentile } from '../statistics.js';

const NONE = { kind: 'none' } as const;

export interface Streams {
  readonly healthy: PacedStream;
  readonly beside: PacedStream;
}

/**
 * What is done to the backend beside the healthy one; times in milliseconds, of a deadline of 1000. The first is the
 * control: how far windows differ by themselves.
 */
export const FAULTS = [
  { name: 'none (control)', fault: NONE },
  { name: 'latency 200 ms', fault: { kind: 'latency', ms: 200 } },
  { name: 'latency 10 s', fault: { kind: 'latency', ms: 10_000 } },
  { name: 'reset', fault: { kind: 'reset' } },
  { name: 'half-close', fault: { kind: 'half-close' } },
  { name: 'black hole', fault: { kind: 'black-hole' } },
  { name: 'slow drip', fault: { kind: 'slow-drip', everyMs: 20 } },
  { name: 'truncated body', fault: { kind: 'truncated' } },
  { name: '429', fault: { kind: 'refusal', status: 429, headers: { 'retry-after': '1' } } },
  { name: '503', fault: { kind: 'refusal', status: 503 } },
] as const;

/** p99 of the healthy backend in milliseconds, pair by pair. */
export interface Compared {
  readonly name: string;
  /** The backend beside it is as busy, and sound. */
  readonly baseline: readonly number[];
  readonly faulty: readonly number[];
  /** What the callers of the faulty one were answered. */
  readonly statuses: ReadonlySet<number>;
}

/**
 * Loads both backends window by window, with and without each fault in turn, so that a slow minute of the machine meets
 * both. Which of the two goes first changes with the pair.
 *
 * @throws Error when the healthy backend answers anything but 200
 */
export async function compareNeighbours(
  { healthy, beside }: Streams,
  service: ServiceProcess,
  { pairs, seconds }: { readonly pairs: number; readonly seconds: number },
  progress: (text: string) => void,
): Promise<Compared[]> {
  const window = async (fault: { readonly kind: string }) => {
    await service.setFault(fault);
    const [own, other] = await Promise.all([healthy.run(seconds), beside.run(seconds)]);
    const wrong = [...own.statuses].filter((status) => status !== 200);
    if (wrong.length > 0)
      throw new Error(
        `The healthy backend answered ${wrong.join()} beside ${fault.kind}. With "none": too high a --rate.`,
      );
    return { p99: percentile(own.latencies, 99), statuses: other.statuses };
  };
  await window(NONE);
  const compared: Compared[] = [];
  for (const { name, fault } of FAULTS) {
    progress(name);
    const baseline: number[] = [];
    const faulty: number[] = [];
    const statuses = new Set<number>();
    const sound = async () => baseline.push((await window(NONE)).p99);
    const unsound = async () => {
      const found = await window(fault);
      faulty.push(found.p99);
      for (const status of found.statuses) statuses.add(status);
    };
    for (let pair = 0; pair < pairs; pair++) {
      for (const run of pair % 2 === 0 ? [sound, unsound] : [unsound, sound]) await run();
    }
    compared.push({ name, baseline, faulty, statuses });
  }
  return compared;
}

/** A process that sends the load: what it is asked for by its parent, one run after the other. */
import { capacity, run, type Outcome, type Stream } from './open-loop.js';

/** Streams at the same time, or how much of one there can be. */
export type Plan =
  | { readonly kind: 'run'; readonly streams: readonly Stream[]; readonly seconds: number }
  | {
      readonly kind: 'capacity';
      readonly stream: Stream;
      readonly connections: number;
      readonly seconds: number;
    };

const perform = (plan: Plan): Promise<number | Outcome[]> =>
  plan.kind === 'capacity'
    ? capacity(plan.stream, plan.connections, plan.seconds)
    : Promise.all(plan.streams.map((stream) => run(stream, plan.seconds)));

process.on('message', (plan: Plan) => {
  void perform(plan).then((found) => process.send?.(found));
});

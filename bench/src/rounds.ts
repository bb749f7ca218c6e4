import { load, type Measurement } from './load.js';
import type { LoadOptions } from './load-options.js';
import { ROUTES, type Route } from './routes.js';
import type { RunningServer } from './server-process.js';

export interface Compared {
  readonly route: Route;
  /** One measurement a round. */
  readonly kkp: readonly Measurement[];
  readonly bare: readonly Measurement[];
}

/**
 * Loads both servers in turn, route by route and round by round, so that a slow minute of the machine meets both. Who
 * goes first changes with the round. The other server is idle meanwhile.
 */
export async function compare(
  kkp: RunningServer,
  bare: RunningServer,
  options: LoadOptions,
  progress: (text: string) => void,
): Promise<Compared[]> {
  const compared = ROUTES.map((route) => ({
    route,
    kkp: [] as Measurement[],
    bare: [] as Measurement[],
  }));
  const warmup = { connections: options.connections, duration: options.warmup };
  for (const { route } of compared) for (const server of [kkp, bare]) await load(server, route, warmup);
  for (let round = 0; round < options.rounds; round++) {
    progress(`round ${round + 1} of ${options.rounds}`);
    for (const entry of compared) {
      const loads = [
        async () => entry.kkp.push(await load(kkp, entry.route, options)),
        async () => entry.bare.push(await load(bare, entry.route, options)),
      ];
      for (const run of round % 2 === 0 ? loads : loads.reverse()) await run();
    }
  }
  return compared;
}

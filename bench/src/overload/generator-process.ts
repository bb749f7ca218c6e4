import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Plan } from './generator.js';
import type { Outcome, Stream } from './open-loop.js';

const ENTRY = fileURLToPath(new URL('./generator.js', import.meta.url));

/** The load, from a process of its own. */
export interface Generator {
  readonly pid: number;
  /** The outcome of each stream. */
  run(streams: readonly Stream[], seconds: number): Promise<readonly Outcome[]>;
  /** Answers a second, with so many connections that never wait. */
  capacity(stream: Stream, connections: number, seconds: number): Promise<number>;
  stop(): Promise<void>;
}

export function startGenerator(): Generator {
  const child = fork(ENTRY, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const perform = async (plan: Plan): Promise<unknown> => {
    child.send(plan);
    const early = ended.then(() => Promise.reject(new Error('The generator ended.')));
    const [found] = (await Promise.race([once(child, 'message'), early])) as [unknown];
    return found;
  };
  return {
    pid: child.pid!,
    run: async (streams, seconds) => (await perform({ kind: 'run', streams, seconds })) as readonly Outcome[],
    capacity: async (stream, connections, seconds) =>
      (await perform({ kind: 'capacity', stream, connections, seconds })) as number,
    stop: async () => {
      child.disconnect();
      await ended;
    },
  };
}

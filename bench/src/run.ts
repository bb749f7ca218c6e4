import { setTimeout as wait } from 'node:timers/promises';
import { LOAD_OPTIONS, type LoadOptions } from './load-options.js';
import { readNumbers } from './options.js';
import { residentMiB } from './process-usage.js';
import { compare } from './rounds.js';
import { BARE, KKP, startServer, type RunningServer, type ServerKind } from './server-process.js';
import { median } from './statistics.js';
import { digits, loadTable, machine, markdown } from './tables.js';

const IDLE_MS = 1000;

const print = (text: string): boolean => process.stdout.write(`${text}\n`);

/** Starts both servers, in turn, and stops them again. Medians in milliseconds. */
async function startupTimes(starts: number): Promise<Map<ServerKind, number>> {
  const times = new Map<ServerKind, number[]>([KKP, BARE].map((kind) => [kind, []]));
  for (let start = 0; start < starts; start++) {
    for (const [kind, found] of times) {
      const server = await startServer(kind);
      found.push(server.startupMs);
      await server.stop();
    }
  }
  return new Map([...times].map(([kind, found]) => [kind, median(found)]));
}

async function underLoad(servers: readonly [RunningServer, RunningServer], options: LoadOptions) {
  await wait(IDLE_MS);
  const memory = () => servers.map(({ pid }) => residentMiB(pid));
  const idle = memory();
  const compared = await compare(...servers, options, (text) => process.stderr.write(`${text}\n`));
  return { compared, idle, loaded: memory() };
}

async function bench(options: LoadOptions): Promise<void> {
  print(`${machine()}\n`);
  const startup = await startupTimes(options.starts);
  const kkp = await startServer(KKP);
  const bare = await startServer(BARE).catch(async (error: unknown) => {
    await kkp.stop();
    throw error;
  });
  try {
    const { compared, idle, loaded } = await underLoad([kkp, bare], options);
    print('Latencies in ms, CPU of the server in us a request.\n');
    print(`${loadTable(compared)}\n`);
    const rows = [KKP, BARE].map((kind, index) => [
      kind.name,
      digits(startup.get(kind)!, 0),
      digits(idle[index]!, 0),
      digits(loaded[index]!, 0),
    ]);
    print(markdown(['server', 'start to first 200, ms', 'RSS idle, MiB', 'RSS after load, MiB'], rows));
  } finally {
    await Promise.all([kkp.stop(), bare.stop()]);
  }
}

const { smoke, ...options } = readNumbers(LOAD_OPTIONS, process.argv.slice(2));
await bench(options);
const { rounds, duration, connections } = options;
const what = `${rounds} x ${duration} s a route and server, ${connections} connections`;
print(`\n${smoke ? 'Smoke run, proves nothing but that it runs' : 'Ran'}: ${what}, no answer but 200.`);

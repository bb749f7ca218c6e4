import { setTimeout as wait } from 'node:timers/promises';
import { withKkp } from './kkp-kind.js';
import { readNumbers } from './options.js';
import { residentMiB } from './process-usage.js';
import { BARE, KKP, startServer, type ServerKind } from './server-process.js';
import { startServices, type ServiceProcess } from './service-process.js';
import { median } from './statistics.js';
import { digits, machine, markdown } from './tables.js';

const OPTIONS = {
  /** Starts of each server. */
  starts: { fallback: 9, smoke: 1, least: 1, most: 50 },
} as const;
/** From the first 200 to the look at the memory. */
const IDLE_MS = 1000;

interface Start {
  readonly milliseconds: number;
  readonly mebibytes: number;
}

async function startOnce(kind: ServerKind): Promise<Start> {
  const server = await startServer(kind);
  await wait(IDLE_MS);
  const start = { milliseconds: server.startupMs, mebibytes: residentMiB(server.pid) };
  await server.stop();
  return start;
}

/** Starts the servers in turn, so that a slow minute of the machine meets them all. */
async function measure(kinds: readonly ServerKind[], starts: number): Promise<Start[][]> {
  const found = kinds.map((): Start[] => []);
  for (let round = 0; round < starts; round++) {
    for (const [index, kind] of kinds.entries()) found[index]!.push(await startOnce(kind));
  }
  return found;
}

function table(kinds: readonly ServerKind[], found: readonly Start[][]): string {
  const middle = (starts: readonly Start[], name: keyof Start) => median(starts.map((start) => start[name]));
  const bare = found[0]!;
  const rows = kinds.map(({ name }, index) => {
    const starts = found[index]!;
    const times = starts.map(({ milliseconds }) => milliseconds);
    const range = `${digits(Math.min(...times), 0)} to ${digits(Math.max(...times), 0)}`;
    return [
      name,
      `${digits(median(times), 0)} (${range})`,
      digits(median(times) / middle(bare, 'milliseconds'), 1),
      digits(middle(starts, 'mebibytes'), 0),
      digits(middle(starts, 'mebibytes') / middle(bare, 'mebibytes'), 1),
    ];
  });
  return markdown(['server', 'start to ready, ms', 'x bare', 'RSS idle, MiB', 'x bare'], rows);
}

async function bench({ services, env }: ServiceProcess, starts: number): Promise<string> {
  const backends = services.map(({ backend }) => ({ ...backend, name: backend.kind }));
  const only = backends.filter(({ kind }) => kind === 'vault');
  return await withKkp({ name: 'vault only', config: { backends: only } }, (vaultOnly) =>
    withKkp({ name: 'all plugins', config: { backends }, env }, async (all) => {
      const kinds = [BARE, { ...KKP, name: 'default', probe: '/readyz' }, vaultOnly, all];
      return table(kinds, await measure(kinds, starts));
    }),
  );
}

const { smoke, starts } = readNumbers(OPTIONS, process.argv.slice(2));
const services = await startServices(['aws', 'azure', 'gcp', 'local', 'vault']);
try {
  process.stdout.write(`${machine()}\n\n${await bench(services, starts)}\n`);
} finally {
  await services.stop();
}
const plugins = services.services.map(({ backend }) => backend.kind).join(', ');
process.stdout.write(
  `\nMedians of ${starts} starts${smoke ? ': a smoke run, proves nothing but that it runs' : ''}. All plugins: ${plugins}.\n`,
);

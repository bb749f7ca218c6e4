import { setTimeout as wait } from 'node:timers/promises';
import { QUOTA, withProcessor, withQuota, withSlowKeyService, type Case } from './overload/cases.js';
import { startGenerator } from './overload/generator-process.js';
import { run, type Outcome, type Stream } from './overload/open-loop.js';
import { readNumbers } from './options.js';
import { cpuSeconds, residentMiB } from './process-usage.js';
import { percentile } from './statistics.js';
import { digits, machine, markdown } from './tables.js';

const OPTIONS = {
  /** Of each load. */
  seconds: { fallback: 10, smoke: 1, least: 1, most: 60 },
  /** The most connections of one load. */
  sockets: { fallback: 2000, smoke: 16, least: 1, most: 8000 },
  /** Connections that measure the capacity. */
  connections: { fallback: 32, smoke: 4, least: 1, most: 256 },
  /** The most requests a second, whatever the capacity. */
  most: { fallback: 20_000, smoke: 100, least: 1, most: 50_000 },
} as const;
const TIMES = [1, 2, 5];
const PATIENCE_MS = 1000;
/** Requests a second, to see whether others are served meanwhile. */
const PROBES_PER_SECOND = 20;
/** The good caller beside the one beyond its quota: what the quota allows, and a little less. */
const GOOD_PER_SECOND = QUOTA / 60 - 5;
/** Between loads, so that none has to do with the end of the one before. */
const REST_MS = 2000;

const { smoke, seconds, sockets, connections, most } = readNumbers(OPTIONS, process.argv.slice(2));
const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const generator = startGenerator();

const decryptions = ({ server, requests }: Case, caller: 0 | 1, perSecond: number): Stream => ({
  url: server.url,
  method: 'POST',
  path: '/envelope/decrypt',
  ...requests[caller]!,
  perSecond: Math.min(perSecond, most),
  sockets,
  patienceMs: PATIENCE_MS,
});

const probe = ({ server: { url } }: Case, path: string): Stream => ({
  url,
  method: 'GET',
  path,
  headers: {},
  perSecond: PROBES_PER_SECOND,
  sockets: 100,
  patienceMs: 5 * PATIENCE_MS,
});

interface Row {
  readonly load: string;
  readonly offered: number;
  readonly outcome: Outcome;
  /** p99, in milliseconds. */
  readonly jwks: number;
  readonly livez: number;
  readonly mebibytes: number;
  /** Cores that the server was busy on, and the generator. */
  readonly cores: readonly [server: number, generator: number];
}

/** Loads, and asks for the public keys and for signs of life from this process meanwhile. */
async function load(found: Case, label: string, streams: readonly Stream[]): Promise<[Row, Outcome[]]> {
  process.stderr.write(`${found.name}, ${label}\n`);
  await wait(smoke ? 0 : REST_MS);
  const probes = ['/keys/jwks', '/livez'].map((path) => run(probe(found, path), seconds));
  const pids = [found.server.pid, generator.pid];
  const before = pids.map(cpuSeconds);
  const outcomes = [...(await generator.run(streams, seconds))];
  const [server, own] = pids.map((pid, index) => (cpuSeconds(pid) - before[index]!) / seconds);
  const [jwks, livez] = (await Promise.all(probes)).map(p99OfAll);
  const [{ perSecond }, outcome] = [streams[0]!, outcomes[0]!];
  const mebibytes = residentMiB(found.server.pid);
  return [
    {
      load: label,
      offered: perSecond,
      outcome,
      jwks: jwks!,
      livez: livez!,
      mebibytes,
      cores: [server!, own!],
    },
    outcomes.slice(1),
  ];
}

/** One without an answer counts as the longest that there is. */
function p99OfAll({ good, counts }: Outcome): number {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const failed = Array<number>(all - good.length).fill(Infinity);
  return percentile([...good, ...failed], 99);
}

const HEAD = [
  'load',
  'offered/s',
  'goodput/s',
  'of peak',
  'p50, ms',
  'p99, ms',
  'JWKS p99, ms',
  'livez p99, ms',
  'RSS, MiB',
  'cores: server, load',
  'answers',
  'without Retry-After',
];

/** @param known goodput a second that was seen before */
function rowsOf(rows: readonly Row[], known = 0): string[][] {
  const peak = Math.max(known * seconds, ...rows.map(({ outcome }) => outcome.good.length));
  return rows.map(({ load, offered, outcome, jwks, livez, mebibytes, cores }) => {
    const { good, counts, withoutRetryAfter } = outcome;
    const answers = Object.entries(counts).map(([what, count]) => `${count} x ${what}`);
    return [
      load,
      digits(offered, 0),
      digits(good.length / seconds, 0),
      `${digits((good.length / peak) * 100, 0)} %`,
      digits(percentile(good, 50), 1),
      digits(percentile(good, 99), 1),
      digits(jwks, 1),
      digits(livez, 1),
      digits(mebibytes, 0),
      cores.map((used) => digits(used, 2)).join(', '),
      answers.sort().join(', '),
      String(withoutRetryAfter),
    ];
  });
}

async function capacityOf(found: Case): Promise<number> {
  const stream = decryptions(found, 0, 1);
  await generator.capacity(stream, connections, smoke ? 0.2 : 2);
  const capacity = await generator.capacity(stream, connections, smoke ? 0.2 : 5);
  print(`\nBound by ${found.name}: ${digits(capacity, 0)} answers/s on ${connections} connections.\n`);
  return capacity;
}

async function beyondCapacity(found: Case): Promise<number> {
  const capacity = await capacityOf(found);
  const rows: Row[] = [];
  for (const times of TIMES) {
    const [row] = await load(found, `${times}x`, [decryptions(found, 0, times * capacity)]);
    rows.push(row);
  }
  print(markdown(HEAD, rowsOf(rows, capacity)));
  return capacity;
}

/** The load is what a caller sends who may no more; the good one is beside it. */
async function beyondQuota(found: Case, capacity: number): Promise<void> {
  await generator.run([decryptions(found, 1, QUOTA / 4)], smoke ? 0 : 5);
  const rows: Row[] = [];
  const goods: Row[] = [];
  for (const times of TIMES) {
    const good = decryptions(found, 0, GOOD_PER_SECOND);
    const streams = [decryptions(found, 1, times * capacity), good];
    const [row, [outcome]] = await load(found, `${times}x beyond quota`, streams);
    rows.push(row);
    goods.push({ ...row, load: `good one beside ${times}x`, offered: good.perSecond, outcome: outcome! });
  }
  print(markdown(HEAD, [...rowsOf(rows), ...rowsOf(goods, GOOD_PER_SECOND)]));
}

try {
  print(machine());
  await withSlowKeyService(beyondCapacity);
  const capacity = await withProcessor(beyondCapacity);
  await withQuota((found) => beyondQuota(found, capacity));
} finally {
  await generator.stop();
}
const what = smoke ? 'Smoke run, proves nothing but that it runs' : 'Ran';
print(`\n${what}: ${seconds} s a load, at most ${sockets} connections and ${most} requests/s; ${machine()}`);

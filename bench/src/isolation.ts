import { compareNeighbours, FAULTS, type Compared, type Streams } from './isolation/windows.js';
import { withKkp } from './kkp-kind.js';
import { readNumbers } from './options.js';
import { PacedStream } from './paced-load.js';
import { startServer } from './server-process.js';
import { startServices, type ServiceProcess } from './service-process.js';
import { median, medianInterval } from './statistics.js';
import { digits, machine, markdown } from './tables.js';

const OPTIONS = {
  /** Requests a second to the healthy backend. */
  rate: { fallback: 150, smoke: 50, least: 1, most: 2000 },
  /** Requests a second to the backend beside it. */
  beside: { fallback: 50, smoke: 10, least: 1, most: 2000 },
  /** Pairs of windows for each fault: one with, one without. */
  pairs: { fallback: 40, smoke: 1, least: 1, most: 500 },
  /** Seconds of a window. */
  seconds: { fallback: 1, smoke: 0.5, least: 0.1, most: 60, fraction: true },
} as const;
const DEADLINE_MS = 1000;
/** Short, so that a backend is called again soon after its fault, and under it often. */
const BREAKER_OPEN_MS = 500;
const PLAINTEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(6).slice(0, 256);

const { smoke, ...options } = readNumbers(OPTIONS, process.argv.slice(2));

/** A KKP with the two as backends, and requests for each. */
async function withStreams<T>(
  processes: readonly [healthy: ServiceProcess, faulty: ServiceProcess],
  work: (streams: Streams) => Promise<T>,
): Promise<T> {
  const backends = processes.map(({ services }, index) => ({ ...services[0]!.backend, name: NAMES[index] }));
  const config = { backends, limits: { kms_timeout_ms: DEADLINE_MS, kms_breaker_open_ms: BREAKER_OPEN_MS } };
  return await withKkp({ name: 'KKP', config }, async (kind) => {
    const server = await startServer(kind);
    const stream = (index: 0 | 1, perSecond: number) => {
      const scope = { backend: NAMES[index], key_id: processes[index].services[0]!.keyId };
      const body = JSON.stringify({ ...scope, plaintext: PLAINTEXT });
      return new PacedStream(`${server.url}/envelope/encrypt`, body, perSecond);
    };
    const streams = { healthy: stream(0, options.rate), beside: stream(1, options.beside) };
    try {
      return await work(streams);
    } finally {
      streams.healthy.close();
      streams.beside.close();
      await server.stop();
    }
  });
}

const NAMES = ['healthy', 'faulty'] as const;

function row({ name, baseline, faulty, statuses }: Compared): string[] {
  const ratios = faulty.map((p99, index) => p99 / baseline[index]!);
  const interval = medianInterval(ratios).map((ratio) => digits(ratio, 2));
  return [
    name,
    digits(median(baseline), 2),
    digits(median(faulty), 2),
    `${digits(median(ratios), 2)} (${interval.join(' to ')})`,
    [...statuses].sort().join(', '),
  ];
}

const HEAD = [
  'fault',
  'baseline p99, ms',
  'p99 beside it, ms',
  'ratio (95 % interval)',
  'answers of the faulty',
];

const healthy = await startServices(['vault']);
const faulty = await startServices(['vault']);
try {
  process.stdout.write(`${machine()}\n\n`);
  const compared = await withStreams([healthy, faulty], (streams) =>
    compareNeighbours(streams, faulty, options, (text) => process.stderr.write(`${text}\n`)),
  );
  process.stdout.write(`${markdown(HEAD, compared.map(row))}\n\n`);
} finally {
  await Promise.all([healthy.stop(), faulty.stop()]);
}
const { pairs, seconds, rate, beside } = options;
const what = `${FAULTS.length} faults, ${pairs} pairs of windows of ${seconds} s each; ${rate} requests/s, beside ${beside}/s; deadline ${DEADLINE_MS} ms`;
process.stdout.write(
  `${smoke ? 'Smoke run, proves nothing but that it runs' : 'Ran'}: ${what}; ${machine()}\n`,
);

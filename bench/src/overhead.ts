import vault from 'kkp-plugin-vault';
import { withKkp } from './kkp-kind.js';
import { startServices } from './micro/services.js';
import { readNumbers } from './options.js';
import { overhead, time, type Timings } from './overhead/measure.js';
import { operations, WAYS, type Operation } from './overhead/operations.js';
import { startVault, type BenchVault } from './overhead/vault.js';
import { startServer } from './server-process.js';
import { digits, machine, markdown } from './tables.js';

const OPTIONS = {
  /** Calls of each operation and way. */
  calls: { fallback: 2000, smoke: 10, least: 1, most: 100_000 },
  /** Calls before those, which do not count. */
  warmup: { fallback: 300, smoke: 1, least: 0, most: 100_000 },
} as const;

const { smoke, calls, warmup } = readNumbers(OPTIONS, process.argv.slice(2));
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

/** The operations by every way to them, with one KKP in this process and one server. */
async function withOperations<T>(
  target: BenchVault,
  work: (found: readonly Operation[]) => Promise<T>,
): Promise<T> {
  const options = { name: 'vault', address: target.address, token: target.token };
  const { app, kkp } = await startServices([vault(options)]);
  try {
    return await withKkp(
      { name: 'KKP', config: { backends: [{ kind: 'vault', ...options }] } },
      async (kind) => {
        const server = await startServer(kind);
        try {
          return await work(await operations(target, kkp, server.url));
        } finally {
          await server.stop();
        }
      },
    );
  } finally {
    await app.close();
  }
}

const rowsOf = (name: string, timings: Timings): string[][] =>
  WAYS.map((way) => {
    const { p50, p99, ratio, addedP50, addedP99 } = overhead(timings, way);
    const added =
      way === 'direct' ? ['', '', ''] : [digits(ratio, 2), digits(addedP50, 0), digits(addedP99, 0)];
    return [`${name}, ${way}`, digits(p50, 0), digits(p99, 0), ...added];
  });

const HEAD = ['operation', 'p50, us', 'p99, us', 'x direct', 'added p50, us', 'added p99, us'];

const target = await startVault();
try {
  print(`${machine()}\n`);
  const rows = await withOperations(target, async (found) => {
    const all: string[][] = [];
    for (const operation of found) {
      await time(operation, warmup);
      all.push(...rowsOf(operation.name, await time(operation, calls)));
    }
    return all;
  });
  print(markdown(HEAD, rows));
} finally {
  await target.stop();
}
const what = smoke ? 'Smoke run, proves nothing but that it runs' : 'Ran';
print(`\n${what}: ${calls} calls of each, one at a time, ways in turn; Vault: ${target.name}.`);

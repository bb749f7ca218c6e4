import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiKeyCaller } from './api-keys.js';
import { withKkp } from './kkp-kind.js';
import { readNumbers } from './options.js';
import type { Race } from './revocation/race.js';
import { Parties, RULES, type Rule } from './revocation/tokens.js';
import { startServer, type RunningServer, type ServerKind } from './server-process.js';
import { median, percentile } from './statistics.js';
import { digits, machine, markdown } from './tables.js';

const OPTIONS = {
  /** Revocations by jti, and as many by subject, for each store. */
  revocations: { fallback: 200, smoke: 2, least: 1, most: 4000 },
  /** Revocations of all tokens before a time, for each store: one a second. */
  times: { fallback: 60, smoke: 1, least: 1, most: 200 },
  /** Connections that use the token meanwhile. */
  connections: { fallback: 4, smoke: 2, least: 1, most: 64 },
} as const;
const REVOKED = 'The token has been revoked.';

const { smoke, revocations, times, connections } = readNumbers(OPTIONS, process.argv.slice(2));
const operator = apiKeyCaller('operator', ['kkp:issue', 'kkp:admin']);
const user = apiKeyCaller('reports');
const HEADERS = { operator: operator.headers, user: user.headers };
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

const HEAD = [
  'store, revoked by',
  'revocations',
  'decrypt p50, ms',
  'to first refusal p50, ms',
  'x decrypt',
  'p99, ms',
  'on all connections p99, ms',
  'last accepted, ms',
  'accepted of those sent after',
];

/** The row of one rule, and the tokens that it took back. */
async function races(store: string, rule: Rule, parties: Parties): Promise<[string[], string[]]> {
  process.stderr.write(`${store}, ${rule}\n`);
  const found: (Race & { readonly token: string })[] = [];
  for (let count = 0; count < (rule === 'time' ? times : revocations); count++) {
    found.push(await parties.race(rule));
  }
  const all = (name: 'first' | 'everywhere' | 'lastAccepted') => found.map((one) => one[name]);
  const sum = (name: 'sentAfter' | 'acceptedAfter') => found.reduce((total, one) => total + one[name], 0);
  if (sum('acceptedAfter') > 0) throw new Error('A token was accepted after its revocation was answered.');
  const decrypt = median(found.flatMap(({ decryptions }) => decryptions));
  const row = [
    `${store}, ${rule}`,
    String(found.length),
    digits(decrypt, 2),
    digits(median(all('first')), 2),
    digits(median(all('first')) / decrypt, 2),
    digits(percentile(all('first'), 99), 2),
    digits(percentile(all('everywhere'), 99), 2),
    digits(Math.max(...all('lastAccepted')), 2),
    `0 of ${sum('sentAfter')}`,
  ];
  return [row, found.map(({ token }) => token)];
}

/** Rules that would cover the tokens of others come when the others have been asked for again. */
const ROUNDS: readonly (readonly Rule[])[] = [RULES.filter((rule) => rule !== 'time'), ['time']];

/** Kills the server after each round, and asks the next one for all tokens that were taken back in it. */
async function measure(store: string, kind: ServerKind, isDurable: boolean): Promise<string[][]> {
  const rows: string[][] = [];
  let server = await startServer(kind);
  try {
    for (const rules of ROUNDS) {
      const parties = new Parties(server.url, HEADERS, connections);
      const revoked: string[] = [];
      for (const rule of rules) {
        const [row, tokens] = await races(store, rule, parties);
        rows.push(row);
        revoked.push(...tokens);
      }
      const good = await parties.issue();
      parties.close();
      if (!isDurable) continue;
      await server.kill();
      server = await startServer(kind);
      print(`${store}, killed and started again: ${await askAgain(server, revoked, good)}.`);
    }
  } finally {
    await server.stop();
  }
  return rows;
}

/** A good token shows that the server knows its keys again: what is refused then, is refused because it was revoked. */
async function askAgain({ url }: RunningServer, revoked: readonly string[], good: string): Promise<string> {
  const parties = new Parties(url, HEADERS, 1);
  try {
    const { status } = await parties.use(good);
    if (status !== 200) throw new Error(`A good token was answered ${status} after the restart.`);
    for (const token of revoked) {
      const { status, detail } = await parties.use(token);
      if (detail !== REVOKED) throw new Error(`A revoked token was answered ${status}: ${detail}`);
    }
    return `0 accepted of ${revoked.length} revoked tokens, and a good one accepted`;
  } finally {
    parties.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'kkp-bench-'));
try {
  print(`${machine()}\n`);
  const sealKey = join(folder, 'seal.key');
  writeFileSync(sealKey, randomBytes(32), { mode: 0o600 });
  const config = { callers: [{ kind: 'api_key', keys: [operator.entry, user.entry] }] };
  const durable = { KKP_DATA_DIR: join(folder, 'data'), KKP_SEAL_KEY_FILE: sealKey };
  const rows = [
    ...(await withKkp({ name: 'memory', config }, (kind) => measure('memory', kind, false))),
    ...(await withKkp({ name: 'SQLite', config, env: durable }, (kind) => measure('SQLite', kind, true))),
  ];
  print(`\n${markdown(HEAD, rows)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
const what = smoke ? 'Smoke run, proves nothing but that it runs' : 'Ran';
print(`${what}: ${connections} connections use each token without a pause; ${machine()}`);

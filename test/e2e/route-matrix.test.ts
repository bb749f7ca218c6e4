import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { Kkp } from '../../src/kkp.js';
import { CountedCalls } from '../support/counting-backends.js';
import { routesOf } from '../support/fastify-routes.js';
import { emulations, GRANT, startServer, type TestServer } from '../support/server.js';
import { askRoute, requestFor } from './ask-route.js';
import { CREDENTIALS, knownCallers, type Callers, type Credential } from './credentials.js';
import { ADMIN, GUARDED, ROUTES, type Route } from './route-matrix.js';

const PUBLISHED = fileURLToPath(new URL('ROUTE_MATRIX.md', import.meta.url));

interface Cell {
  readonly status: number;
  readonly kmsCalls: number;
}

const clock = { seconds: 1_700_000_000, now: () => clock.seconds * 1000 };
const kms = new CountedCalls(emulations());
/** What was measured, by route and credential. */
const matrix: Record<string, Record<string, Cell>> = {};
let server: TestServer;
let callers: Callers;

beforeAll(async () => {
  callers = await knownCallers(clock);
  server = await startServer({
    backends: kms.backends,
    overrides: { clock, callers: callers.authenticators, publicUrl: 'https://kkp.example' },
  });
  const kkp = server.app.get(Kkp, { strict: false });
  const issue = async () => (await kkp.issueToken(GRANT, { caller: ADMIN })).token;
  const expired = await issue();
  clock.seconds += 300;
  const token = await issue();
  const sealed = { backend: GRANT.backend, key_id: GRANT.key_id, plaintext: 'attack at dawn' };
  const { envelope } = await kkp.encrypt(sealed, { caller: ADMIN });
  const wallet = callers.wallet({ token, expired });
  const measure = async (name: string, route: Route, { isAlone, headers }: Credential): Promise<Cell> => {
    kms.count = 0;
    const request = requestFor(name, route, isAlone ? { envelope } : { token, envelope });
    const { status } = await askRoute(server.url, request, headers(wallet));
    return { status, kmsCalls: kms.count };
  };
  for (const [name, route] of Object.entries(ROUTES)) {
    const row: Record<string, Cell> = {};
    for (const [column, credential] of Object.entries(CREDENTIALS))
      row[column] = await measure(name, route, credential);
    matrix[name] = row;
  }
});

afterAll(async () => {
  await server.close();
  await callers.issuer.close();
});

const cells = (): Cell[] => Object.values(matrix).flatMap((row) => Object.values(row));
const statusesOf = (row: Record<string, Cell>): Record<string, number> =>
  Object.fromEntries(Object.entries(row).map(([column, { status }]) => [column, status]));
const isRefusal = ({ status }: Cell): boolean => status >= 400;

/** What was measured, in words. */
async function publication(): Promise<string> {
  const columns = Object.keys(CREDENTIALS);
  const rows = Object.entries(matrix).map(([name, row]) => [
    `\`${name}\``,
    ...columns.map((column) => row[column]!.status),
  ]);
  const table = [['route', ...columns], ['---', ...columns.map(() => '---:')], ...rows];
  const refused = cells().filter(isRefusal);
  const calls = refused.reduce((sum, { kmsCalls }) => sum + kmsCalls, 0);
  const text = `# Who may ask what

Each route of the running server, asked with each kind of credential and a body that is good: the status of the answer, and
of a batch that of its one item. \`route-matrix.test.ts\` measures it, and writes it here with \`UPDATE_ROUTE_MATRIX=1\`.

- ${Object.keys(ROUTES).length} routes, ${columns.length} credentials, ${cells().length} cells.
- ${refused.length} cells are refusals, with ${calls} calls of a key service.

${table.map((texts) => `| ${texts.join(' | ')} |`).join('\n')}
`;
  return prettier.format(text, { ...(await prettier.resolveConfig(PUBLISHED)), parser: 'markdown' });
}

describe('the routes of the running server', () => {
  it('are all in the matrix, and no others', () => {
    expect(routesOf(server.app)).toEqual(Object.keys(ROUTES).sort());
  });

  it.each(Object.entries(ROUTES))('%s answers each credential by its standing', (name, { answers }) => {
    const expected = Object.entries(CREDENTIALS).map(([column, { standing }]) => [column, answers[standing]]);
    expect(statusesOf(matrix[name]!)).toEqual(Object.fromEntries(expected));
  });

  it('call no key service for whoever is refused', () => {
    const calling = Object.entries(matrix).flatMap(([name, row]) =>
      Object.entries(row)
        .filter(([, cell]) => isRefusal(cell) && cell.kmsCalls > 0)
        .map(([column]) => `${name} with ${column}`),
    );
    expect(calling).toEqual([]);
    expect(cells().filter(isRefusal).length).toBeGreaterThan(200);
  });

  it('call one for whoever may use a key', () => {
    for (const [name, row] of Object.entries(matrix).filter(([each]) => /envelope|datakey/.test(each)))
      for (const [column, cell] of Object.entries(row).filter(([, each]) => !isRefusal(each)))
        expect([name, column, cell.kmsCalls > 0]).toEqual([name, column, true]);
  });

  it('answer 401 to whoever shows nothing or nothing good, and 400 to two credentials, unless they are public', () => {
    expect(GUARDED.map(([name]) => name)).toEqual(
      Object.keys(ROUTES).filter((name) => name.startsWith('POST')),
    );
    for (const [name, { answers }] of GUARDED)
      expect([name, answers.stranger, answers['two at once']]).toEqual([name, 401, 400]);
  });

  it('answer as published (UPDATE_ROUTE_MATRIX=1 writes it)', async () => {
    const made = await publication();
    if (process.env.UPDATE_ROUTE_MATRIX === '1') writeFileSync(PUBLISHED, made);
    expect(readFileSync(PUBLISHED, 'utf8')).toBe(made);
  });
});

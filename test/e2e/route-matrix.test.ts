import { writeFileSync } from 'node:fs';
import { Kkp } from '../../src/kkp.js';
import { CountedCalls } from '../support/counting-backends.js';
import { routesOf } from '../support/fastify-routes.js';
import { encodeForm, type Form } from '../support/form.js';
import { emulations, GRANT, startServer, type TestServer } from '../support/server.js';
import {
  ADMIN,
  badges,
  CREDENTIALS,
  passes,
  ROUTES,
  type Credential,
  type Material,
  type Route,
} from './route-matrix.js';

const COLUMNS = Object.keys(CREDENTIALS) as Credential[];

const clock = { seconds: 1_700_000_000, now: () => clock.seconds * 1000 };
let server: TestServer;
let material: Material;
const kms = new CountedCalls(emulations());
const cells: Record<string, string[]> = {};

beforeAll(async () => {
  server = await startServer({
    backends: kms.backends,
    overrides: { clock, callers: [badges, passes], publicUrl: 'https://kkp.example' },
  });
  const kkp = server.app.get(Kkp, { strict: false });
  const issue = async () => (await kkp.issueToken(GRANT, { caller: ADMIN })).token;
  const expired = await issue();
  clock.seconds += 300;
  const token = await issue();
  const sealed = { backend: GRANT.backend, key_id: GRANT.key_id, plaintext: 'attack at dawn' };
  const { envelope } = await kkp.encrypt(sealed, { caller: ADMIN });
  material = { token, expired, envelope };
});

afterAll(async () => {
  await server.close();
  const path = process.env.KKP_ROUTE_MATRIX;
  if (path !== undefined) writeFileSync(path, table());
});

/** Of a batch that was taken, the status of its one item. */
async function ask(route: string, { body, isForm }: Route, column: Credential): Promise<number> {
  const [method = '', path = ''] = route.split(' ');
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  const encode = (members: object) => (isForm ? encodeForm(members as Form) : JSON.stringify(members));
  const { token, envelope } = material;
  const alone = column === 'none' || column.endsWith('KKP token') || column === 'KKP token only';
  const response = await fetch(server.url + path, {
    method,
    headers: { ...(body && { 'content-type': type }), ...CREDENTIALS[column](material) },
    ...(body && { body: encode(body(alone ? { envelope } : { token, envelope })) }),
  });
  const text = await response.text();
  if (!path.endsWith('/batch') || response.status !== 200) return response.status;
  const { results } = JSON.parse(text) as { results: [{ status: number }] };
  return results[0].status;
}

/** The matrix as Markdown: in each cell the status, and how often a key service was called. */
function table(): string {
  const row = (texts: readonly string[]) => `| ${texts.join(' | ')} |\n`;
  const head = row(['route', ...COLUMNS]) + row(['---', ...COLUMNS.map(() => '---')]);
  return (
    head +
    Object.entries(cells)
      .map(([route, texts]) => row([`\`${route}\``, ...texts]))
      .join('')
  );
}

describe('the routes of the running server', () => {
  it('are all in the matrix, and no others', () => {
    expect(routesOf(server.app)).toEqual(Object.keys(ROUTES).sort());
  });

  it('have a cell for every credential', () => {
    for (const { statuses } of Object.values(ROUTES)) expect(statuses).toHaveLength(COLUMNS.length);
  });

  const all = Object.entries(ROUTES).flatMap(([name, route]) =>
    COLUMNS.map((column, at) => [name, column, route.statuses[at]!, route] as const),
  );

  it.each(all)(
    '%s with %s: %i, with no call of a key service when refused',
    async (name, column, status, route) => {
      kms.count = 0;
      const answered = await ask(name, route, column);
      (cells[name] ??= []).push(`${answered}${kms.count === 0 ? '' : ` (${kms.count} KMS)`}`);
      expect(answered).toBe(status);
      if (status >= 400) expect(kms.count).toBe(0);
      const touchesKey = /envelope|datakey/.test(name);
      if (status < 300 && touchesKey) expect(kms.count).toBeGreaterThan(0);
    },
  );

  it('refuse whoever shows nothing, nothing known or too much on every route that is not public', () => {
    const refusing = COLUMNS.filter((name) => !['no scope', 'all scopes', 'KKP token only'].includes(name));
    for (const [name, { statuses }] of Object.entries(ROUTES).filter(([, { body }]) => body)) {
      for (const column of refusing)
        expect([name, statuses[COLUMNS.indexOf(column)]! >= 400]).toEqual([name, true]);
    }
  });
});

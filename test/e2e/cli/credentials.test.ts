import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CANARY, KkpRuns } from './run-kkp.js';

let server: Server;
let kkp: KkpRuns;
const seen: IncomingHttpHeaders[] = [];

/** Knows one bearer token and one API key, lets nobody rotate, and is busy for data keys. */
function answer(url: string, { authorization, 'x-api-key': apiKey }: IncomingHttpHeaders): [number, object] {
  const known = authorization === `Bearer ${CANARY}` || apiKey === CANARY;
  const problem = (status: number, error: string): [number, object] => [status, { error, message: 'No.' }];
  if (!known) return problem(401, 'unauthenticated');
  if (url === '/keys/rotate') return problem(403, 'policy_denied');
  if (url === '/datakey') return problem(503, 'kms_error');
  if (url === '/envelope/encrypt') return problem(429, 'rate_limited');
  return [200, { token: 'a.b.c', expires_at: 1, kid: 'k' }];
}

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request.headers);
    const [status, body] = answer(request.url ?? '', request.headers);
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  kkp = new KkpRuns(() => ({ KKP_URL: url }));
  kkp.file('good', `${CANARY}\n`);
  kkp.file('other', `${CANARY}-OTHER`);
  kkp.file('two-lines', `${CANARY}\nX-Admin: 1\n`);
  kkp.file('empty', '');
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  kkp.close();
});
beforeEach(() => seen.splice(0));

const TOKEN = 'token --subject s --audience a --backend b --key-id k';
const KEY = '--backend b --key-id k';

describe('the credential of kkp', () => {
  it.each([
    ['an option', '--credential-file @good', {}],
    ['an option for an API key', '--api-key-file @good', {}],
    ['the environment', '', { KKP_CREDENTIAL_FILE: '@good' }],
    ['the environment for an API key', '', { KKP_API_KEY_FILE: '@good' }],
  ])('comes from a file that %s names', async (_, option, env) => {
    const named = Object.fromEntries(
      Object.entries(env).map(([name, file]) => [name, kkp.path(file.slice(1))]),
    );
    const { code, stdout } = await kkp.run(`${TOKEN} ${option}`.trim(), undefined, named);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a.b.c\n' });
    const { authorization, 'x-api-key': apiKey } = seen[0]!;
    expect([authorization, apiKey].filter(Boolean)).toHaveLength(1);
  });

  it.each([
    [3, TOKEN],
    [3, `${TOKEN} --credential-file @other`],
    [3, `${TOKEN} --api-key-file @other`],
    [3, 'rotate --credential-file @good'],
    [5, `datakey ${KEY} --credential-file @good`],
    [5, `encrypt ${KEY} --credential-file @good -i @empty`],
  ])('exit code %d for: %s', async (expected, args) => {
    const { code, stdout, stderr } = await kkp.run(args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(/^kkp: No\. \(\w+, HTTP \d+\)\n$/);
  });

  it.each([
    ['two credentials', '--credential-file @good --api-key-file @good'],
    ['more than a line', '--credential-file @two-lines'],
    ['more than a line for an API key', '--api-key-file @two-lines'],
    ['an empty file', '--credential-file @empty'],
    ['a file that is not there', '--credential-file @absent'],
    ['a folder', '--credential-file @'],
    ['a secret in an argument', `--credential ${CANARY}`],
  ])('is not sent: %s', async (_, option) => {
    const { code, stdout } = await kkp.run(`${TOKEN} ${option}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(seen).toEqual([]);
  });

  it('is never on standard error', () => {
    expect(kkp.stderr).not.toBe('');
    expect(kkp.stderr).not.toContain(CANARY);
  });
});

import { FakeVault } from './fake/server.js';
import type { Fault } from './fake/faults.js';
import { TransitAdmin } from './support/admin.js';
import { Connection, refusal, textOf, until } from './support/connection.js';

const PROMPT_MS = 100;
const server = await FakeVault.start();
const admin = new TransitAdmin(server.address, server.rootToken);
afterAll(() => server.stop());
await admin.createKey('orders');

type Attempt = (at: Connection, wrapped: string, call: ReturnType<Connection['call']>) => Promise<unknown>;
const OPERATIONS: readonly [name: string, path: RegExp, attempt: Attempt][] = [
  ['wrapKey', /encrypt/, (at, _wrapped, call) => at.wrap('orders', { call })],
  ['unwrapKey', /decrypt/, (at, wrapped, call) => at.unwrap(wrapped, { call })],
  ['describeKey', /keys\/orders/, (at, _wrapped, call) => at.describe('orders', call)],
];
const WAITING: readonly Fault['kind'][] = ['hang', 'drip'];

async function prepare(): Promise<{ at: Connection; wrapped: string }> {
  const at = await Connection.open(server);
  const wrapped = textOf(await at.wrap());
  server.seen.length = 0;
  return { at, wrapped };
}

describe.each(OPERATIONS)('%s', (_name, path, attempt) => {
  it.each(WAITING)('ends with its signal when the answer is a %s, and asked once', async (kind) => {
    const { at, wrapped } = await prepare();
    server.faults.add(path, { kind } as Fault);
    const abort = new AbortController();
    const told = refusal(attempt(at, wrapped, at.call({ signal: abort.signal })));
    await until('the request', () => server.seen.length === 1);
    const aborted = performance.now();
    abort.abort();
    expect(await told).toMatchObject({ code: 'unavailable', side: 'proxy' });
    expect(performance.now() - aborted).toBeLessThan(PROMPT_MS);
    expect(server.seen).toHaveLength(1);
  });

  it.each(WAITING)('ends with its deadline when the answer is a %s, and asked once', async (kind) => {
    const { at, wrapped } = await prepare();
    server.faults.add(path, { kind } as Fault);
    const began = performance.now();
    expect(await refusal(attempt(at, wrapped, at.call({ withinMs: 50 })))).toMatchObject({
      code: 'unavailable',
    });
    expect(performance.now() - began).toBeLessThan(50 + PROMPT_MS);
    expect(server.seen).toHaveLength(1);
  });

  it('is not begun after its deadline', async () => {
    const { at, wrapped } = await prepare();
    expect(await refusal(attempt(at, wrapped, at.call({ withinMs: 0 })))).toMatchObject({
      code: 'unavailable',
    });
    expect(server.seen).toHaveLength(0);
  });

  it.each<Fault>([
    { kind: 'reset' },
    { kind: 'half-answer' },
    { kind: 'raw', status: 200, text: '<html>' },
    { kind: 'raw', status: 200, text: 'null' },
    { kind: 'raw', status: 200, text: '[]' },
    { kind: 'raw', status: 200, text: '' },
    { kind: 'change', change: (body) => ({ ...body, padding: 'x'.repeat(1024 * 1024) }) },
    { kind: 'raw', status: 502, text: '<html>bad gateway</html>' },
    { kind: 'raw', status: 503, text: '' },
    { kind: 'change', change: () => ({}) },
    { kind: 'change', change: (body) => ({ ...body, data: null }) },
    { kind: 'change', change: (body) => ({ ...body, data: [] }) },
  ])('is unavailable, and asked once, after $kind $status', async (fault) => {
    const { at, wrapped } = await prepare();
    server.faults.add(path, fault);
    expect(await refusal(attempt(at, wrapped, at.call()))).toMatchObject({
      code: 'unavailable',
      side: 'provider',
    });
    expect(server.seen).toHaveLength(1);
    // And the connection is not spoilt for the next one.
    await attempt(at, wrapped, at.call());
  });
});

describe('an answer that is not to the question', () => {
  const changed = (data: object): Fault => ({
    kind: 'change',
    change: (body) => ({ ...body, data: { ...(body.data as object), ...data } }),
  });

  it.each([
    ['another version than its ciphertext', { key_version: 2 }],
    ['no version', { key_version: undefined }],
    ['a ciphertext of another form', { ciphertext: 'vault:v1:####' }],
    ['version 0', { ciphertext: `vault:v0:${'A'.repeat(40)}`, key_version: 0 }],
    ['no ciphertext', { ciphertext: undefined }],
    ['a ciphertext that is no text', { ciphertext: 7 }],
  ])('is not taken from an encryption: %s', async (_what, data) => {
    const { at } = await prepare();
    server.faults.add(/encrypt/, changed(data));
    const told = await refusal(at.wrap());
    expect(told).toMatchObject({ code: 'unavailable', providerCode: 'malformed answer' });
  });

  it.each([
    ['text that is not base64', { plaintext: '####' }],
    ['base64 in another form', { plaintext: 'AB==' }],
    ['nothing', { plaintext: undefined }],
  ])('is not taken from a decryption: %s', async (_what, data) => {
    const { at, wrapped } = await prepare();
    server.faults.add(/decrypt/, changed(data));
    expect(await refusal(at.unwrap(wrapped))).toMatchObject({
      code: 'unavailable',
      providerCode: 'malformed answer',
    });
  });

  it.each([
    ['another key', { name: 'invoices' }],
    ['no type', { type: undefined }],
    ['version 0', { latest_version: 0 }],
    ['half a version', { latest_version: 1.5 }],
  ])('is not taken for the key: %s', async (_what, data) => {
    const { at } = await prepare();
    server.faults.add(/keys\/orders/, changed(data));
    expect(await refusal(at.describe())).toMatchObject({
      code: 'unavailable',
      providerCode: 'malformed answer',
    });
  });

  it('that leaves out whether a key is derived is taken for one that is', async () => {
    const at = await Connection.open(server);
    server.faults.add(/keys\/orders/, changed({ derived: undefined }));
    expect(await refusal(at.wrap())).toMatchObject({ code: 'unsupported' });
  });
});

describe('a standby node', () => {
  it('that redirects is unavailable: neither token nor key goes to the other host', async () => {
    const leader = await FakeVault.start();
    const at = await Connection.open(server);
    server.leader = leader.address;
    server.state = 'redirecting';
    const told = await refusal(at.wrap());
    const health = await at.health();
    server.state = 'active';
    expect(told).toMatchObject({ code: 'unavailable', side: 'proxy', providerCode: '307 redirect' });
    expect(told.message).toContain('standby');
    expect(health).toMatchObject({ status: 'down', detail: 'unavailable' });
    expect(leader.seen).toEqual([]);
    await leader.stop();
  });
});

describe('health', () => {
  it.each([
    ['active', 'up', undefined],
    ['standby', 'up', undefined],
    ['performance-standby', 'up', undefined],
    ['sealed', 'down', 'unavailable'],
    ['uninitialised', 'down', 'unavailable'],
  ] as const)('of a node that is %s is %s', async (state, status, detail) => {
    const at = await Connection.open(server);
    server.state = state;
    const health = await at.health();
    server.state = 'active';
    expect(health).toMatchObject({ status });
    expect(health.detail).toBe(detail);
  });

  it('asks for the node and for the token, and for nothing that costs', async () => {
    const at = await Connection.open(server);
    await at.health();
    expect(at.asked).toEqual([
      'GET sys/health?standbyok=true&perfstandbyok=true',
      'GET auth/token/lookup-self',
    ]);
  });

  it('of an address where nobody answers is down', async () => {
    const gone = await FakeVault.start();
    const at = await Connection.open(gone);
    await gone.stop();
    expect(await at.health()).toMatchObject({ status: 'down', detail: 'unavailable' });
    expect(await refusal(at.describe())).toMatchObject({ code: 'unavailable', providerCode: 'ECONNREFUSED' });
  });

  it('rejects, as every call, when it is aborted', async () => {
    const at = await Connection.open(server);
    const call = at.call({ signal: AbortSignal.abort() });
    expect(await refusal(at.health(call))).toMatchObject({ code: 'unavailable' });
  });
});

describe('requests', () => {
  it('carry the token and the namespace, and sys/health neither', async () => {
    const at = await Connection.open(server, {
      options: { token: server.rootToken, namespace: 'admin/team-a' },
    });
    await at.wrap();
    await at.health();
    const [health] = server.seen.splice(-2, 1);
    expect(health).toMatchObject({ path: expect.stringContaining('sys/health') });
    expect(health?.headers).not.toHaveProperty('x-vault-namespace');
    expect(health?.headers).not.toHaveProperty('x-vault-token');
    for (const { headers } of server.seen) {
      expect(headers).toMatchObject({
        'x-vault-token': server.rootToken,
        'x-vault-namespace': 'admin/team-a',
        'x-vault-request': 'true',
      });
    }
  });

  it('go below the path of the address', async () => {
    const at = new Connection(server, { options: { address: `${server.address}/v1/behind/`, token: 'x' } });
    await refusal(at.backend.open(at.call()));
    expect(server.seen.at(-1)?.path).toBe('behind/v1/auth/token/lookup-self');
  });
});

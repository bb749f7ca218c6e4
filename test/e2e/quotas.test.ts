import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authenticator } from '../../src/callers/index.js';
import type { KkpError } from '../../src/errors.js';
import { Kkp } from '../../src/kkp.js';
import { KkpMetrics } from '../../src/metrics.js';
import {
  expectProblem,
  get,
  GRANT,
  issueToken,
  post,
  seal,
  startServer,
  type Answer,
  type TestServer,
} from '../support/server.js';

/** Whoever says a name in `x-name` is that. */
const byName: Authenticator = {
  authenticate: ({ headers }) => {
    const id = headers['x-name'];
    return Promise.resolve(
      typeof id === 'string' ? { kind: 'named', id, scopes: [], attributes: {} } : undefined,
    );
  },
};

const KEY = { backend: 'aws', key_id: 'alias/orders' };
const SECRET = { ...KEY, plaintext: 'attack at dawn' };
const clock = { seconds: 1_700_000_000, now: () => clock.seconds * 1000 };
let server: TestServer;

async function start(settings: Record<string, number | string>, callers: readonly Authenticator[] = []) {
  server = await startServer({ settings, overrides: { clock, callers } });
}

afterEach(() => server.close());

function expectLimited(answer: Answer, seconds: number): void {
  expectProblem(answer, 429, 'rate_limited');
  expect(answer.headers.get('retry-after')).toBe(String(seconds));
}

const limited = async (): Promise<Record<string, number>> => {
  const { registry } = server.app.get(KkpMetrics, { strict: false });
  const { values } = await registry.getSingleMetric('kkp_rate_limited_total')!.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.quota), value]));
};

async function as(name: string, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-name': name },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('a quota of requests', () => {
  it('is not there by default', async () => {
    await start({});
    for (let i = 0; i < 50; i++) expect((await post(server, '/envelope/encrypt', SECRET)).status).toBe(200);
    expect(await limited()).toEqual({});
  });

  it('answers 429 with Retry-After beyond it, until a minute has passed', async () => {
    await start({ callerRequests: 2 });
    expect((await post(server, '/token', GRANT)).status).toBe(200);
    clock.seconds += 20;
    expectProblem(await post(server, '/token', {}), 400, 'invalid_request');
    expectLimited(await post(server, '/envelope/encrypt', SECRET), 40);
    expectLimited(await post(server, '/keys/rotate', {}), 40);
    expect(await limited()).toEqual({ requests: 2 });
    clock.seconds += 40;
    expect((await post(server, '/token', GRANT)).status).toBe(200);
  });

  it('answers before a body is sent', async () => {
    await start({ callerRequests: 1 });
    await post(server, '/token', GRANT);
    const headers = { 'content-type': 'application/json', 'content-length': '1000' };
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${server.url}/token`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode);
        sent.destroy();
      });
      sent.on('error', reject);
      sent.flushHeaders();
    });
    expect(status).toBe(429);
  });

  it('is each caller’s own, and takes no other’s name for it', async () => {
    await start({ callerRequests: 1 }, [byName]);
    expect((await as('ann', '/envelope/encrypt', SECRET)).status).not.toBe(429);
    expectLimited(await as('ann', '/envelope/encrypt', SECRET), 60);
    expect((await as('bob', '/envelope/encrypt', SECRET)).status).not.toBe(429);
    expect((await post(server, '/envelope/decrypt', {})).status).not.toBe(429);
    expectLimited(await post(server, '/envelope/decrypt', {}), 60);
  });

  it.each(['/keys/jwks', '/.well-known/jwks.json', '/livez', '/readyz', '/metrics', '/openapi.json'])(
    'neither counts nor refuses GET %s',
    async (path) => {
      await start({ callerRequests: 1 });
      for (let i = 0; i < 3; i++) expect((await get(server, path)).status).toBe(200);
      expect((await post(server, '/token', GRANT)).status).toBe(200);
      expect((await post(server, '/token', GRANT)).status).toBe(429);
      expect((await get(server, path)).status).toBe(200);
    },
  );

  it('counts a batch as one request', async () => {
    await start({ callerRequests: 1 });
    const { body } = await post(server, '/envelope/encrypt/batch', { items: [SECRET, SECRET] });
    expect(body.results.map(({ status }: { status: number }) => status)).toEqual([200, 200]);
    expect((await post(server, '/envelope/encrypt/batch', { items: [SECRET] })).status).toBe(429);
  });
});

describe('a quota of decryptions', () => {
  it('counts each item of a batch; those beyond it are answered 429 without a call of the key service', async () => {
    await start({ callerDecrypts: 3 });
    const item = { token: await issueToken(server), envelope: await seal(server) };
    await post(server, '/envelope/rewrap', item);
    const { body } = await post(server, '/envelope/decrypt/batch', { items: [item, item, item, item] });
    expect(body.results.map(({ status }: { status: number }) => status)).toEqual([200, 200, 429, 429]);
    expect(body.results[3]).toMatchObject({ body: { error: 'rate_limited' }, retry_after_seconds: 60 });
    expectLimited(await post(server, '/envelope/decrypt', item), 60);
    expect(await limited()).toEqual({ decrypts: 3 });
    const { body: metrics } = await get(server, '/metrics');
    expect(metrics).toContain('kkp_kms_calls_total{backend="aws",operation="unwrapKey",code="ok"} 3');
    expect((await post(server, '/token', GRANT)).status).toBe(200);
  });

  it('spends nothing on what is refused', async () => {
    await start({ callerDecrypts: 1 });
    const item = { token: await issueToken(server), envelope: await seal(server) };
    const other = await issueToken(server, { key_id: 'alias/other' });
    expect((await post(server, '/envelope/decrypt', { ...item, token: other })).status).toBe(403);
    expect((await post(server, '/envelope/decrypt', { ...item, token: 'x' })).status).toBe(401);
    expect((await post(server, '/envelope/decrypt', item)).status).toBe(200);
    expectLimited(await post(server, '/envelope/decrypt', item), 60);
  });
});

describe.each(['with its credential first', 'without it first'])('whoever decrypts %s', (order) => {
  it('has one quota for both', async () => {
    await start({ callerDecrypts: 1 }, [byName]);
    const { body: issued } = await as(GRANT.subject, '/token', GRANT);
    const { body: sealed } = await as('ann', '/envelope/encrypt', SECRET);
    const item = { token: issued.token, envelope: sealed.envelope };
    const ways = [
      () => as(GRANT.subject, '/envelope/decrypt', item),
      () => post(server, '/envelope/decrypt', item),
    ];
    if (order === 'without it first') ways.reverse();
    const [first, second] = [await ways[0]!(), await ways[1]!()];
    expect(first.status).toBe(200);
    expectLimited(second, 60);
    expect((await as('ann', '/envelope/decrypt', item)).status).toBe(200);
  });
});

describe('a quota of tokens', () => {
  it('holds for code of the same process too', async () => {
    await start({ callerTokens: 1, callerRequests: 3 });
    const kkp = server.app.get(Kkp, { strict: false });
    const code = (ask: () => Promise<unknown>) =>
      ask().then(
        () => 'done',
        (error: unknown) => (error as KkpError).code,
      );
    expect(await code(() => kkp.issueToken(GRANT))).toBe('done');
    expect(await code(() => kkp.issueToken(GRANT))).toBe('rate_limited');
    expect(await code(() => kkp.encryptEach({ items: [SECRET] }))).toBe('done');
    expect(await code(() => kkp.encryptEach({ items: [SECRET] }))).toBe('rate_limited');
    expect(await limited()).toEqual({ tokens: 1, requests: 1 });
    expect((await post(server, '/token', GRANT)).status).toBe(200);
  });
});

describe('input.usage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kkp-quotas-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const withPolicy = async (settings: Record<string, number>) => {
    const policyPath = join(folder, 'sparing.rego');
    writeFileSync(
      policyPath,
      'package kkp.authz\n\ndefault allow := false\n\nallow if input.usage.tokens_issued_last_minute < 2\n',
    );
    await start({ policyPath, ...settings });
  };

  it('lets a policy count for itself', async () => {
    await withPolicy({ callerTokens: 1000 });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await post(server, '/token', GRANT)).status);
    expect(statuses).toEqual([200, 200, 403]);
    clock.seconds += 60;
    expect((await post(server, '/token', GRANT)).status).toBe(200);
  });

  it('is not there without quotas, so that such a policy denies', async () => {
    await withPolicy({});
    expect((await post(server, '/token', GRANT)).status).toBe(403);
  });
});

it.each([-1, 0.5, Number.NaN, 2e9])('a quota of %p is none', async (tokensPerMinute) => {
  await start({});
  await expect(startServer({ overrides: { quotas: { tokensPerMinute } } })).rejects.toThrow(
    'quotas.tokensPerMinute: out of bounds',
  );
});

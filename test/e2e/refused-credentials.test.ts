import { request } from 'node:http';
import type { AuthenticatedCaller, Authenticator } from '../../src/callers/index.js';
import { KkpError } from '../../src/errors.js';
import { Kkp } from '../../src/kkp.js';
import { KkpMetrics } from '../../src/metrics.js';
import { athOf, proofMaker } from '../support/dpop.js';
import { expectProblem, get, GRANT, startServer, type Answer, type TestServer } from '../support/server.js';

const LIMIT = 5;
const KEY = { backend: 'aws', key_id: 'alias/orders' };
const ADMIN: AuthenticatedCaller = { kind: 'test', id: 'ops', scopes: ['kkp:issue'], attributes: {} };
const clock = { seconds: 1_700_000_000, now: () => clock.seconds * 1000 };
let server: TestServer;
let judged = 0;

/** Whoever shows `x-badge: good...` is that. */
const badges: Authenticator = {
  credentialHeaders: ['x-badge'],
  authenticate: ({ headers }) => {
    const badge = headers['x-badge'];
    judged += 1;
    if (typeof badge !== 'string') return Promise.resolve(undefined);
    if (badge === 'down') return Promise.reject(new KkpError('unavailable', 'Later.'));
    if (!badge.startsWith('good')) return Promise.reject(new KkpError('unauthenticated', 'No.'));
    return Promise.resolve({ kind: 'test', id: GRANT.subject, scopes: [], attributes: {} });
  },
};

const start = async (callers: Authenticator[] = [badges], refusedCredentials = LIMIT) => {
  server = await startServer({ settings: { refusedCredentials }, overrides: { clock, callers } });
};

beforeEach(() => (judged = 0));
afterEach(() => server.close());

async function ask(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const mint = (badge?: string, headers = {}) =>
  ask('/token', GRANT, { ...(badge !== undefined && { 'x-badge': badge }), ...headers });

async function refuse(times = LIMIT): Promise<void> {
  for (let at = 0; at < times; at++) expectProblem(await mint(`bad ${at}`), 401, 'unauthenticated');
}

function expectLimited(answer: Answer): void {
  expectProblem(answer, 429, 'rate_limited');
  expect(answer.headers.get('retry-after')).toBe('60');
}

/** A good token, and an envelope that it opens. */
async function material() {
  const kkp = server.app.get(Kkp, { strict: false });
  const { token } = await kkp.issueToken(GRANT, { caller: ADMIN });
  const { envelope } = await kkp.encrypt({ ...KEY, plaintext: 'x' }, { caller: ADMIN });
  return { token, envelope };
}

const spoilt = (token: string, at: number): string => `${token.slice(0, -6)}AAAA${at}A`;

describe('refused credentials of one network', () => {
  it('are answered 429 beyond the bound, without a look at them, until a minute has passed', async () => {
    await start();
    await refuse();
    const before = judged;
    for (const badge of ['bad again', 'good but new']) expectLimited(await mint(badge));
    expect(judged).toBe(before);
    const { values } = await server.app
      .get(KkpMetrics, { strict: false })
      .registry.getSingleMetric('kkp_rate_limited_total')!
      .get();
    expect(values).toEqual([{ labels: { quota: 'refused_credentials' }, value: 2 }]);
    clock.seconds += 60;
    expect((await mint('good but new')).status).toBe(200);
  });

  it('are answered so before a body is sent', async () => {
    await start();
    await refuse();
    const headers = { 'content-type': 'application/json', 'content-length': '1000', 'x-badge': 'x' };
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

  it('do not lock out whoever was let in before, until it is refused itself', async () => {
    await start();
    expect((await mint('good')).status).toBe(200);
    await refuse();
    for (let at = 0; at < 3; at++) expect((await mint('good')).status).toBe(200);
    expectLimited(await mint('good, and another'));
  });

  it('are not told apart by X-Forwarded-For', async () => {
    await start();
    await refuse();
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      expectLimited(await mint('bad', { 'x-forwarded-for': address, forwarded: `for=${address}` }));
    }
  });

  it('keep nobody from what needs no credential', async () => {
    await start();
    const { token, envelope } = await material();
    await refuse();
    for (const path of ['/keys/jwks', '/readyz', '/metrics'])
      expect((await get(server, path)).status).toBe(200);
    expectProblem(await mint(), 401, 'unauthenticated');
    expect((await ask('/envelope/decrypt', { token: spoilt(token, 0), envelope })).status).toBe(429);
  });

  it('keep no token from being used that was good before, in body or header', async () => {
    await start();
    const { token, envelope } = await material();
    const open = () => ask('/envelope/decrypt', { token, envelope });
    expect((await open()).status).toBe(200);
    await refuse();
    expect((await open()).status).toBe(200);
    expect((await ask('/envelope/decrypt', { envelope }, { authorization: `Bearer ${token}` })).status).toBe(
      200,
    );
  });

  it('do not count when it is not their fault, or when there are none', async () => {
    await start();
    for (let at = 0; at <= LIMIT; at++) expectProblem(await mint('down'), 503, 'internal_error');
    for (let at = 0; at <= LIMIT; at++) expectProblem(await mint(), 401, 'unauthenticated');
    expect((await mint('good')).status).toBe(200);
  });

  it('hold off all requests where an authenticator does not say where its credentials are', async () => {
    const { authenticate } = badges;
    await start([{ authenticate }]);
    expect((await mint('good')).status).toBe(200);
    await refuse();
    for (const badge of ['good', undefined]) expectLimited(await mint(badge));
  });

  it('bound nothing when the bound is 0', async () => {
    await start([badges], 0);
    await refuse(50);
    expect((await mint('good')).status).toBe(200);
  });
});

describe('refused tokens and proofs of strangers', () => {
  it.each(['body', 'header'])('count, in the %s', async (place) => {
    await start();
    const { token, envelope } = await material();
    const open = (shown: string) =>
      place === 'body'
        ? ask('/envelope/decrypt', { token: shown, envelope })
        : ask('/envelope/decrypt', { envelope }, { authorization: `Bearer ${shown}` });
    for (let at = 0; at < LIMIT; at++) expectProblem(await open(spoilt(token, at)), 401, 'invalid_token');
    expectLimited(await open(spoilt(token, 9)));
    expectLimited(await open(token));
    expectLimited(await mint('good'));
  });

  it('count for each item of a batch', async () => {
    await start();
    const { token, envelope } = await material();
    const items = Array.from({ length: LIMIT + 2 }, (_none, at) => ({ token: spoilt(token, at), envelope }));
    const { body } = await ask('/envelope/decrypt/batch', { items });
    const statuses = (body as { results: { status: number }[] }).results.map(({ status }) => status);
    expect(statuses).toEqual([...Array<number>(LIMIT).fill(401), 429, 429]);
  });

  it('count not for the network when a caller who is known shows them', async () => {
    await start();
    const { token, envelope } = await material();
    for (let at = 0; at <= LIMIT; at++) {
      const answer = await ask(
        '/envelope/decrypt',
        { token: spoilt(token, at), envelope },
        { 'x-badge': 'good' },
      );
      expectProblem(answer, 401, 'invalid_token');
    }
  });

  it('are not known again by a good proof that they came with', async () => {
    await start();
    const { token, envelope } = await material();
    const client = await proofMaker();
    const bad = spoilt(token, 0);
    const open = async (body: object) => {
      const htu = `${server.url}/envelope/decrypt`;
      const dpop = await client.prove({ htm: 'POST', htu, iat: clock.seconds, ath: athOf(bad) });
      return ask('/envelope/decrypt', body, { dpop, authorization: `DPoP ${bad}` });
    };
    expectProblem(await open({ other: 1 }), 400, 'invalid_request');
    await refuse();
    expectLimited(await open({ envelope }));
  });

  it('count when a proof is bad, and then no proof is looked at', async () => {
    await start([]);
    const client = await proofMaker();
    const dpop = await client.prove({ htm: 'POST', htu: `${server.url}/elsewhere`, iat: clock.seconds });
    for (let at = 0; at < LIMIT; at++)
      expectProblem(await mint(undefined, { dpop }), 401, 'invalid_dpop_proof');
    expectLimited(await mint(undefined, { dpop }));
    expect((await mint()).status).toBe(200);
  });
});

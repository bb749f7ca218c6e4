import { decodeJwt } from 'jose';
import { createRemoteJwks, readRevocations } from 'kkp-sdk';
import { MemoryKeyStore } from '../../src/keys/index.js';
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

const UNKNOWN_JTI = '00000000-0000-4000-8000-000000000000';
const TEXT = 'The token has been revoked.';

describe('POST /revoke', () => {
  let server: TestServer;
  let token: string;
  let envelope: Record<string, string>;
  let now: number;

  beforeEach(async () => {
    now = 1_800_000_000_000;
    server = await startServer({ overrides: { clock: { now: () => now } } });
    token = await issueToken(server);
    envelope = await seal(server);
  });
  afterEach(() => server.close());

  const claims = () => decodeJwt(token) as { jti: string };
  const kidOf = (text: string) =>
    (JSON.parse(Buffer.from(text.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
  const uses = (): Promise<Answer>[] => [
    post(server, '/envelope/decrypt', { token, envelope }),
    post(server, '/envelope/rewrap', { token, envelope, backend: 'gcp', key_id: 'orders' }),
  ];

  const rules: [string, () => object, string][] = [
    ['its jti', () => ({ jti: claims().jti }), TEXT],
    ['its subject', () => ({ subject: GRANT.subject }), TEXT],
    ['its key', () => ({ backend: GRANT.backend, key_id: GRANT.key_id }), TEXT],
    ['its time', () => ({ before: now / 1000 + 1 }), TEXT],
    [
      'its signing key',
      () => ({ kid: kidOf(token) }),
      'The token is signed with a key that is not, or no longer, one of ours.',
    ],
  ];

  it.each(rules)('refuses a token at once that is revoked by %s', async (_name, rule, text) => {
    for (const answer of await Promise.all(uses())) expect(answer.status).toBe(200);
    expect((await post(server, '/revoke', rule())).status).toBe(200);
    for (const answer of await Promise.all(uses())) {
      expectProblem(answer, 401, 'invalid_token');
      expect(answer.body.detail).toBe(text);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    }
    const { body } = await post(server, '/envelope/decrypt/batch', { items: [{ token, envelope }] });
    expect(body.results[0]).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect((await post(server, '/introspect', { token })).body).toEqual({ active: false });
  });

  it.each<[string, () => object]>([
    ['another jti', () => ({ jti: UNKNOWN_JTI })],
    ['its jti in capitals', () => ({ jti: claims().jti.toUpperCase() })],
    ['the token as a jti', () => ({ jti: claims().jti.slice(1) })],
    ['another subject', () => ({ subject: `${GRANT.subject}2` })],
    ['another key', () => ({ backend: 'aws', key_id: 'alias/payroll' })],
    ['the key of another backend', () => ({ backend: 'gcp', key_id: GRANT.key_id })],
    ['an earlier time', () => ({ before: now / 1000 })],
    ['another signing key', () => ({ kid: 'k'.repeat(43) })],
  ])('leaves a token alone when what is revoked is %s', async (_name, rule) => {
    expect((await post(server, '/revoke', rule())).status).toBe(200);
    for (const answer of await Promise.all(uses())) expect(answer.status).toBe(200);
  });

  it.each(rules.slice(1))('gives tokens again after a revocation by %s', async (_name, rule) => {
    await post(server, '/revoke', rule());
    now += 1000;
    token = await issueToken(server);
    for (const answer of await Promise.all(uses())) expect(answer.status).toBe(200);
  });

  it('answers with the rule and its end, and the same when asked again', async () => {
    const jti = UNKNOWN_JTI;
    const first = await post(server, '/revoke', { jti });
    expect(first.body).toEqual({ rule: { jti }, expires_at: now / 1000 + 900 + 60 });
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect((await post(server, '/revoke', { jti })).body).toEqual(first.body);
  });

  it('names the moment up to which the tokens of a subject or a key are refused', async () => {
    const { body } = await post(server, '/revoke', { subject: 'a' });
    expect(body.rule).toEqual({ subject: 'a', issued_until: now / 1000 });
    const key = { backend: 'aws', key_id: 'k' };
    expect((await post(server, '/revoke', key)).body.rule).toEqual({ ...key, issued_until: now / 1000 });
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['no body', undefined],
    ['a list', []],
    ['two rules', { jti: UNKNOWN_JTI, subject: 'a' }],
    ['a key and a subject', { backend: 'aws', key_id: 'k', subject: 'a' }],
    ['a time and a kid', { before: 1, kid: 'k' }],
    ['a backend alone', { backend: 'aws' }],
    ['a key alone', { key_id: 'k' }],
    ['a jti and half a key', { jti: UNKNOWN_JTI, key_id: 'k' }],
    ['an empty jti', { jti: '' }],
    ['an empty subject', { subject: '' }],
    ['an empty kid', { kid: '' }],
    ['an empty backend', { backend: '', key_id: 'k' }],
    ['an empty key', { backend: 'aws', key_id: '' }],
    ['null for a subject', { subject: null }],
    ['a number for a jti', { jti: 1 }],
    ['a list of subjects', { subject: ['a'] }],
    ['a time as text', { before: '1' }],
    ['half a second', { before: 1.5 }],
    ['a negative time', { before: -1 }],
    ['a time beyond doubles', '{"before":1e999}'],
    ['a time to come', { before: 1_800_000_061 }],
    ['a member that nobody knows', { jti: UNKNOWN_JTI, reason: 'x' }],
    ['a token', { token: 'a.b.c' }],
    ['a subject of more than 1024 characters', { subject: 's'.repeat(1025) }],
    ['a lone surrogate', '{"subject":"\\ud800"}'],
  ])('refuses %s', async (_name, body) => {
    expectProblem(await post(server, '/revoke', body), 400, 'invalid_request');
    for (const answer of await Promise.all(uses())) expect(answer.status).toBe(200);
  });

  it('takes the active signing key out of the JWKS, and lets the next one sign', async () => {
    const before = (await get(server, '/keys/jwks')).body.keys.map((key: { kid: string }) => key.kid);
    await post(server, '/revoke', { kid: kidOf(token) });
    const after = (await get(server, '/keys/jwks')).body.keys.map((key: { kid: string }) => key.kid);
    expect(after).toHaveLength(2);
    expect(after).not.toContain(kidOf(token));
    const signing = kidOf(await issueToken(server));
    expect(before).toContain(signing);
  });

  it('refuses what a revoked key signed even when the key cannot leave the ring, and says so', async () => {
    const store = new MemoryKeyStore();
    await server.close();
    server = await startServer({ overrides: { clock: { now: () => now }, keys: { store } } });
    token = await issueToken(server);
    envelope = await seal(server);
    store.replace = () => Promise.reject(new Error('disk full'));
    expectProblem(await post(server, '/revoke', { kid: kidOf(token) }), 503, 'internal_error');
    for (const answer of await Promise.all(uses())) expectProblem(answer, 401, 'invalid_token');
  });

  it('refuses a revocation beyond the bound, says when to try again, and still widens what holds', async () => {
    await server.close();
    server = await startServer({
      settings: { maxRevocations: 2 },
      overrides: { clock: { now: () => now } },
    });
    await post(server, '/revoke', { subject: 'a' });
    now += 10_000;
    await post(server, '/revoke', { subject: 'b' });
    const refused = await post(server, '/revoke', { subject: 'c' });
    expectProblem(refused, 429, 'rate_limited');
    expect(refused.headers.get('retry-after')).toBe('951');
    expect((await post(server, '/revoke', { subject: 'b' })).status).toBe(200);
    now += 950_000;
    expect((await post(server, '/revoke', { subject: 'c' })).status).toBe(429);
    now += 1_000;
    expect((await post(server, '/revoke', { subject: 'c' })).status).toBe(200);
  });

  it('asks each item of a batch about revocation at its own turn', async () => {
    const other = await issueToken(server, { subject: 'svc-other' });
    await post(server, '/revoke', { subject: 'svc-other' });
    const items = [token, other, token].map((shown) => ({ token: shown, envelope }));
    const { body } = await post(server, '/envelope/decrypt/batch', { items });
    expect(body.results.map(({ status }: { status: number }) => status)).toEqual([200, 401, 200]);
  });

  it('refuses each of 16 spellings of a revoked token', async () => {
    await post(server, '/revoke', { jti: claims().jti });
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1)!);
    const base = last - (last % 16);
    for (let low = 0; low < 16; low++) {
      const spelled = token.slice(0, -1) + alphabet[base + low]!;
      const answer = await post(server, '/envelope/decrypt', { token: spelled, envelope });
      expectProblem(answer, 401, 'invalid_token');
    }
  });
});

describe('the signed list of a server with an issuer', () => {
  it.each(['https://kkp.example', undefined])('says so: %p', async (issuer) => {
    const server = await startServer({ settings: issuer === undefined ? {} : { tokenIssuer: issuer } });
    const { body } = await get(server, '/.well-known/kkp-revocations');
    expect(decodeJwt(body as string).iss).toBe(issuer);
    const keys = createRemoteJwks(`${server.url}/keys/jwks`);
    const read = (wanted: string) => readRevocations(body as string, keys, { issuer: wanted });
    if (issuer !== undefined) await expect(read(issuer)).resolves.toBeDefined();
    await expect(read('https://other.example')).rejects.toMatchObject({ reason: 'wrong_issuer' });
    await server.close();
  });
});

describe('POST /introspect', () => {
  let server: TestServer;
  let now: number;

  beforeAll(async () => {
    now = 1_800_000_000_000;
    server = await startServer({ overrides: { clock: { now: () => now } } });
  });
  afterAll(() => server.close());

  it('tells the claims of a good token', async () => {
    const token = await issueToken(server);
    const { status, body, headers } = await post(server, '/introspect', { token });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({ active: true, ...decodeJwt(token) });
  });

  it('tells nothing but "not active" of any other text, in the same bytes', async () => {
    const expired = await issueToken(server, { ttl_seconds: 1 });
    const revoked = await issueToken(server, { subject: 'svc-revoked' });
    const good = await issueToken(server);
    const elsewhere = await startServer({ overrides: { clock: { now: () => now } } });
    const foreign = await issueToken(elsewhere);
    await elsewhere.close();
    await post(server, '/revoke', { subject: 'svc-revoked' });
    now += 1000;
    for (const token of [
      expired,
      revoked,
      foreign,
      `${good} `,
      good.slice(1),
      '',
      'x',
      'a.b.c',
      '..',
      '\u00e9',
    ]) {
      const { status, body } = await post(server, '/introspect', { token });
      expect([status, JSON.stringify(body)]).toEqual([200, '{"active":false}']);
    }
  });

  it.each<[string, unknown]>([
    ['no token', {}],
    ['a number', { token: 1 }],
    ['null', { token: null }],
    ['another member', { token: 'x', token_type_hint: 'access_token' }],
  ])('refuses %s', async (_name, body) => {
    expectProblem(await post(server, '/introspect', body), 400, 'invalid_request');
  });
});

describe('callers', () => {
  const scopes: Record<string, string[]> = { admin: ['kkp:admin'], issuer: ['kkp:issue'], nobody: [] };
  let server: TestServer;
  beforeAll(async () => {
    const header = {
      authenticate: ({ headers }: { headers: Record<string, unknown> }) => {
        const id = headers['x-test-caller'];
        return Promise.resolve(
          typeof id === 'string' ? { kind: 'test', id, scopes: scopes[id] ?? [], attributes: {} } : undefined,
        );
      },
    };
    server = await startServer({ overrides: { callers: [header] } });
  });
  afterAll(() => server.close());

  const ask = (path: string, caller: string | undefined) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(caller && { 'x-test-caller': caller }) },
      body: JSON.stringify(path === '/revoke' ? { subject: 'a' } : { token: 'x' }),
    }).then((response) => response.status);

  it.each<[string | undefined, number]>([
    ['admin', 200],
    ['issuer', 403],
    ['nobody', 403],
    [undefined, 401],
  ])('%s gets %s for a revocation and an introspection', async (caller, status) => {
    expect(await ask('/revoke', caller)).toBe(status);
    expect(await ask('/introspect', caller)).toBe(status);
  });
});

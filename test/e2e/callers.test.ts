import memory from 'kkp-plugin-memory';
import { jwt } from '../../src/index.js';
import { attacks } from '../support/credential-attacks.js';
import { CountedCalls } from '../support/counting-backends.js';
import { makeKey, signJwt, TestIssuer } from '../support/issuer.js';
import { openRaw, sendRaw, splitAnswers } from '../support/raw-http.js';
import { expectProblem, GRANT, startServer, type Answer, type TestServer } from '../support/server.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };
const now = () => Math.floor(Date.now() / 1000);

/** Every route that does something, with a body that is good. */
const ROUTES: [string, object][] = [
  ['/token', GRANT],
  ['/keys/rotate', {}],
  ['/datakey', KEY],
  ['/datakey/batch', { items: [KEY] }],
  ['/envelope/encrypt', { ...KEY, plaintext: 'x' }],
  ['/envelope/encrypt/batch', { items: [{ ...KEY, plaintext: 'x' }] }],
  ['/envelope/decrypt', {}],
  ['/envelope/decrypt/batch', { items: [{}] }],
  ['/envelope/rewrap', {}],
  ['/envelope/rewrap/batch', { items: [{}] }],
];

/** Routes where a KKP token in the body may stand in for a caller. */
const TOKEN_IS_ENOUGH = /decrypt|rewrap/;

describe('a server that knows its callers', () => {
  const [key, evil] = [makeKey('RS256', 'Key-1'), makeKey('RS256', 'evil')];
  let issuer: TestIssuer;
  let server: TestServer;
  const kms = new CountedCalls([memory({ name: 'aws', emulates: 'aws' })]);
  beforeAll(async () => {
    issuer = await TestIssuer.start(key);
    server = await startServer({
      backends: kms.backends,
      overrides: { callers: [jwt({ issuer: issuer.url, audience: 'kkp', jwksUrl: issuer.jwksUrl })] },
    });
  });
  afterAll(async () => {
    await server.close();
    await issuer.close();
  });
  beforeEach(() => (kms.count = 0));

  const good = (claims: object = {}) => signJwt(issuer.claims(now(), { sub: GRANT.subject, ...claims }), key);

  async function ask(path: string, body: unknown, token?: string, scheme = 'Bearer'): Promise<Answer> {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `${scheme} ${token}` }),
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  it.each(ROUTES.filter(([path]) => !TOKEN_IS_ENOUGH.test(path)))(
    'refuses %s to whoever shows no credential, without a look at the body',
    async (path, body) => {
      for (const sent of [body, '{"subject":', { items: [] }]) {
        const answer = await ask(path, sent);
        expectProblem(answer, 401, 'unauthenticated');
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
      expect(kms.count).toBe(0);
    },
  );

  it.each([
    ['/envelope/decrypt', {}],
    ['/envelope/rewrap', KEY],
  ])('refuses %s to whoever shows neither a credential nor a token', async (path, more) => {
    const text = 'AAAA';
    const envelope = { ...KEY, ciphertext: text, nonce: text, encrypted_data_key: text };
    expectProblem(await ask(path, { envelope, ...more }), 401, 'unauthenticated');
    expect(kms.count).toBe(0);
  });

  it.each(ROUTES)('refuses %s to whoever shows a bad one, without a look at the body', async (path, body) => {
    const bad = [signJwt(issuer.claims(now()), evil), good({ exp: now() - 60 }), 'opaque', `${good()}x`];
    for (const token of bad) {
      for (const sent of [body, '{"subject":', '[]', '\u0000']) {
        const answer = await ask(path, sent, token);
        expectProblem(answer, 401, 'unauthenticated');
        expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
        expect(answer.headers.get('cache-control')).toBe('no-store');
      }
    }
    expect(kms.count).toBe(0);
  });

  it('lets a good credential through to the policy', async () => {
    const answer = await ask('/token', GRANT, good());
    expect(answer.status).toBe(200);
    const parsed = await ask('/token', '{"subject":', good());
    expectProblem(parsed, 400, 'invalid_request');
    const denied = await ask('/envelope/rewrap', { envelope: {}, to: KEY }, good());
    expect([400, 403]).toContain(denied.status);
  });

  it('accepts none of the forged credentials on any route, and calls no key service', async () => {
    const table = attacks({ claims: issuer.claims(now()), key, evil, evilUrl: `${issuer.url}/evil` });
    const accepted: string[] = [];
    for (const [name, token] of Object.entries(table)) {
      for (const [path, body] of ROUTES.slice(0, 5)) {
        const { status } = await ask(path, body, token);
        if (status !== 401) accepted.push(`${path}: ${name} (${status})`);
      }
    }
    expect(accepted).toEqual([]);
    expect(kms.count).toBe(0);
    expect(issuer.asked).not.toContain('/evil');
  });

  it('answers before two megabytes of a body have come', async () => {
    const connection = openRaw(server.url);
    connection.socket.write(
      'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
        `Authorization: Bearer ${signJwt(issuer.claims(now()), evil)}\r\nContent-Length: 2097152\r\n\r\n{`,
    );
    const [answer] = splitAnswers(await connection.answered());
    expect(answer).toMatchObject({ status: 401 });
    connection.socket.destroy();
  });

  it.each<[string, string[], number]>([
    ['two headers', ['Authorization: Bearer a', 'Authorization: Bearer b'], 400],
    ['another scheme', ['Authorization: Basic YTpi'], 401],
    ['no scheme', ['Authorization: x'], 401],
    ['an empty header', ['Authorization: '], 401],
    ['a scheme alone', ['Authorization: Bearer'], 401],
  ])('refuses %s', async (_what, headers, status) => {
    const body = JSON.stringify(GRANT);
    const text = await sendRaw(
      server.url,
      [
        'POST /token HTTP/1.1',
        'Host: x',
        'Connection: close',
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        ...headers,
        '',
        body,
      ].join('\r\n'),
    );
    expect(splitAnswers(text)[0]?.status).toBe(status);
  });

  it('takes no credential from the query or the body', async () => {
    for (const [path, body] of [
      [`/token?access_token=${good()}`, GRANT],
      ['/token', { ...GRANT, access_token: good() }],
    ] as const) {
      expect([400, 401]).toContain((await ask(path, body)).status);
    }
  });

  it('asks nobody who they are where there is nothing to hide', async () => {
    for (const path of ['/keys/jwks', '/livez', '/readyz', '/openapi.json']) {
      expect((await fetch(server.url + path)).status).toBe(200);
    }
  });

  it('says 503 and when to come back while the issuer’s keys are not to be had', async () => {
    const other = await TestIssuer.start(key);
    other.fault = (_request, response) => response.writeHead(500).end();
    const waiting = await startServer({
      overrides: { callers: [jwt({ issuer: other.url, audience: 'kkp' })] },
    });
    const response = await fetch(`${waiting.url}/token`, {
      method: 'POST',
      headers: { authorization: `Bearer ${signJwt(other.claims(now()), key)}` },
    });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(waiting.logs.map(({ msg }) => msg)).toContain('keys of an issuer of callers not renewed');
    expect(JSON.stringify(waiting.logs)).not.toMatch(/eyJ/);
    await waiting.close();
    await other.close();
  });
});

import memory from 'kkp-plugin-memory';
import { jwt } from '../../src/index.js';
import { CountedCalls } from '../support/counting-backends.js';
import { makeKey, signJwt, TestIssuer } from '../support/issuer.js';
import { openRaw, rawRequest, sendRaw, splitAnswers } from '../support/raw-http.js';
import { GRANT, startServer, type TestServer } from '../support/server.js';
import { askRoute, requestFor, type RouteAnswer } from './ask-route.js';
import { GUARDED, type Route } from './route-matrix.js';

const now = () => Math.floor(Date.now() / 1000);

const bearer = (token?: string) => (token === undefined ? {} : { authorization: `Bearer ${token}` });

const KEY = { backend: GRANT.backend, key_id: GRANT.key_id };

/** Where a KKP token in the body may stand in for a caller, or is what is exchanged: the body must be read first. */
const TAKES_TOKENS = /decrypt|rewrap|oauth\/token/;

const IS_WRONG = 'Bearer error="invalid_token"';

/** What a route of this face says to whoever it does not know. */
function expectStranger({ status, headers, text }: RouteAnswer, { isForm }: Route, challenge: string): void {
  expect(status).toBe(401);
  expect(JSON.parse(text)).toMatchObject({ error: isForm ? 'invalid_client' : 'unauthenticated' });
  expect(headers.get('content-type')).toMatch(isForm ? /^application\/json/ : /^application\/problem\+json/);
  expect(headers.get('www-authenticate')).toBe(challenge);
  expect(headers.get('cache-control')).toBe('no-store');
}

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

  /** Bodies that would be refused for themselves, were they read, beside the one that would not. */
  const bodiesOf = (body = ''): string[] => [body, '{"subject":', '[]', '{"items":[]}', '\u0000', '%zz=%'];

  it.each(GUARDED.filter(([name]) => !TAKES_TOKENS.test(name)))(
    'refuses %s to whoever shows no credential, without a look at the body',
    async (name, route) => {
      const request = requestFor(name, route);
      for (const body of bodiesOf(request.body))
        expectStranger(await askRoute(server.url, { ...request, body }), route, 'Bearer');
      expect(kms.count).toBe(0);
    },
  );

  it.each(GUARDED.filter(([name]) => TAKES_TOKENS.test(name)))(
    'refuses %s to whoever shows neither a credential nor a token',
    async (name, route) => {
      const envelope = { ...KEY, ciphertext: 'AAAA', nonce: 'AAAA', encrypted_data_key: 'AAAA' };
      const answer = await askRoute(server.url, requestFor(name, route, { envelope }));
      if (name.endsWith('/batch')) expect(answer.status).toBe(401);
      else expectStranger(answer, route, 'Bearer');
      expect(kms.count).toBe(0);
    },
  );

  it.each(GUARDED)(
    'refuses %s to whoever shows a bad one, without a look at the body',
    async (name, route) => {
      const request = requestFor(name, route);
      const bad = [signJwt(issuer.claims(now()), evil), good({ exp: now() - 60 }), 'opaque', `${good()}x`];
      for (const token of bad) {
        for (const body of bodiesOf(request.body))
          expectStranger(await askRoute(server.url, { ...request, body }, bearer(token)), route, IS_WRONG);
      }
      expect(kms.count).toBe(0);
    },
  );

  const [issue] = GUARDED.filter(([name]) => name === 'POST /token').map(([name, route]) =>
    requestFor(name, route),
  );
  const ask = (body: string, token?: string, path = '/token') =>
    askRoute(server.url, { ...issue!, path, body }, bearer(token));

  it('lets a good credential through to the policy', async () => {
    expect((await ask(issue!.body!, good())).status).toBe(200);
    const { status, text } = await ask('{"subject":', good());
    expect([status, JSON.parse(text)]).toMatchObject([400, { error: 'invalid_request' }]);
    expect((await ask('{"envelope":{}}', good(), '/envelope/rewrap')).status).toBe(400);
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
  ])('refuses %s', async (_what, shown, status) => {
    const headers = ['Host: x', 'Connection: close', ...shown];
    const text = await sendRaw(server.url, rawRequest('POST', '/token', GRANT, headers));
    expect(splitAnswers(text)[0]?.status).toBe(status);
  });

  it('takes no credential from the query or the body', async () => {
    const inBody = JSON.stringify({ ...GRANT, access_token: good() });
    expect((await ask(issue!.body!, undefined, `/token?access_token=${good()}`)).status).toBe(401);
    expect((await ask(inBody)).status).toBe(401);
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

import {
  type GrantTokenRequest,
  KkpApiError,
  KkpClient,
  KkpProtocolError,
  KkpUnauthenticatedError,
} from '../../src/index.js';
import { caught } from '../support/caught.js';
import { type TestServer, json, oauthProblem, problem, raw, startServer } from '../support/server.js';

const SUBJECT_TOKEN = 'header.payload.SECRET-SUBJECT';
const ACCESS_TOKEN = 'header.payload.SECRET-ACCESS';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const KEY = { backend: 'aws', key_id: 'alias/a' };
const WANTED = { audience: 'reports', ...KEY };
const DETAIL = { type: 'kkp_key', ...KEY };
const GRANTED = {
  access_token: ACCESS_TOKEN,
  token_type: 'Bearer',
  expires_in: 300,
  authorization_details: [DETAIL],
};
const EXCHANGED = { ...GRANTED, issued_token_type: ACCESS };

let server: TestServer;
let client: KkpClient;

beforeEach(async () => {
  server = await startServer();
  client = new KkpClient({ baseUrl: server.url });
});
afterEach(() => server.close());

/** The parameters of the last form; it has none of them twice. */
function sent(): Record<string, string> {
  const pairs = server.seen.at(-1)!.body as [string, string][];
  expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
  return Object.fromEntries(pairs);
}
const details = (form: Record<string, string>) => JSON.parse(form.authorization_details!) as unknown;

describe('grantToken', () => {
  beforeEach(() => (server.answer = json(GRANTED)));

  it('posts the form of client credentials, and returns the members of the answer', async () => {
    const { access_token, token_type, expires_in } = GRANTED;
    expect(await client.grantToken(WANTED)).toEqual({ access_token, token_type, expires_in, ...KEY });
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/oauth/token' }]);
    expect(server.seen[0]!.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(server.seen[0]!.headers.dpop).toBeUndefined();
    const { authorization_details, ...form } = sent();
    expect(form).toEqual({ grant_type: 'client_credentials', audience: 'reports' });
    expect(JSON.parse(authorization_details!)).toEqual([DETAIL]);
  });

  it('has uses, conditions and a life, and reads them', async () => {
    const policy_claims = { environment: 'prod', note: '+&= ü' };
    server.answer = json({
      ...GRANTED,
      scope: 'decrypt data_key',
      authorization_details: [{ ...DETAIL, policy_claims }],
    });
    const request = { ...WANTED, policy_claims, ops: ['decrypt', 'data_key'] as const, ttl_seconds: 60 };
    const granted = await client.grantToken({ ...request, client_id: 'a b+c&é' });
    expect(granted).toMatchObject({ ops: ['decrypt', 'data_key'], policy_claims });
    expect(sent()).toMatchObject({ scope: 'decrypt data_key', ttl_seconds: '60', client_id: 'a b+c&é' });
    expect(details(sent())).toEqual([{ ...DETAIL, policy_claims }]);
  });

  it('goes with the credential of the client, and below the path of baseUrl', async () => {
    const base = { baseUrl: `${server.url}/kkp/` };
    await new KkpClient({ ...base, credentials: 'bearer' }).grantToken(WANTED);
    await new KkpClient({ ...base, credentials: { apiKey: 'key' } }).grantToken(WANTED);
    expect(server.seen).toMatchObject([
      { url: '/kkp/oauth/token', headers: { authorization: 'Bearer bearer' } },
      { url: '/kkp/oauth/token', headers: { 'x-api-key': 'key' } },
    ]);
  });
});

describe('exchangeToken', () => {
  beforeEach(() => (server.answer = json(EXCHANGED)));

  it('posts the form of an exchange, and returns the members of the answer', async () => {
    const { access_token, token_type, expires_in } = GRANTED;
    const exchanged = await client.exchangeToken({ subject_token: SUBJECT_TOKEN });
    expect(exchanged).toEqual({
      ...{ access_token, token_type, expires_in, ...KEY },
      issued_token_type: ACCESS,
    });
    expect(sent()).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: SUBJECT_TOKEN,
      subject_token_type: ACCESS,
    });
  });

  it('names the type, the audience, the key and the uses where told', async () => {
    server.answer = json({ ...EXCHANGED, issued_token_type: JWT, scope: 'rewrap' });
    const request = { subject_token: SUBJECT_TOKEN, subject_token_type: JWT, ops: ['rewrap'] } as const;
    const exchanged = await client.exchangeToken({ ...request, ...WANTED });
    expect(exchanged).toMatchObject({ issued_token_type: JWT, ops: ['rewrap'] });
    expect(sent()).toMatchObject({ subject_token_type: JWT, audience: 'reports', scope: 'rewrap' });
    expect(details(sent())).toEqual([DETAIL]);
  });

  it.each([{ key_id: 'k' }, { backend: 'b' }, { policy_claims: {} }])(
    'leaves it to the server to say what %j lacks',
    async (key) => {
      await client.exchangeToken({ subject_token: SUBJECT_TOKEN, ...key });
      expect(details(sent())).toEqual([{ type: 'kkp_key', ...key }]);
    },
  );
});

describe('a parameter that a server would take for one that was left out', () => {
  const exchange = { subject_token: SUBJECT_TOKEN };
  it.each<[string, object]>([
    ['scope', { ops: [] }],
    ['scope', { ops: [''] }],
    ['audience', { audience: '' }],
    ['audience', { audience: 7 }],
    ['audience', { audience: null }],
    ['audience', { audience: ['a', 'b'] }],
    ['audience', { audience: 'a\ud800' }],
    ['client_id', { client_id: '' }],
    ['subject_token', { subject_token: '' }],
    ['subject_token_type', { subject_token_type: '' }],
  ])('is not sent: %s of %j', async (name, more) => {
    const error = await caught(client.exchangeToken({ ...exchange, ...more }));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(`${name} must be a text that is not empty`);
    if ('subject_token' in more || 'subject_token_type' in more) return;
    const grant = { ...WANTED, ...more } as GrantTokenRequest;
    expect(await caught(client.grantToken(grant))).toBeInstanceOf(TypeError);
    expect(server.seen).toEqual([]);
  });

  it.each(['', 'a\udfff'])('is no token to take back: %j', async (token) => {
    expect(await caught(client.revokeToken(token))).toBeInstanceOf(TypeError);
    expect(server.seen).toEqual([]);
  });
});

describe('an answer of another shape', () => {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(GRANTED).filter(([each]) => each !== name));
  const shapes: [string, unknown][] = [
    ...['access_token', 'token_type', 'expires_in', 'authorization_details'].map(
      (name): [string, unknown] => [`without ${name}`, without(name)],
    ),
    ['a token that is no text', { ...GRANTED, access_token: 7 }],
    ['a token of two lines', { ...GRANTED, access_token: `${ACCESS_TOKEN}\nX: 1` }],
    ['an empty token', { ...GRANTED, access_token: '' }],
    ['another type', { ...GRANTED, token_type: 'MAC' }],
    ['a type that was not asked for', { ...GRANTED, token_type: 'DPoP' }],
    ['a life that is text', { ...GRANTED, expires_in: '300' }],
    ['a negative life', { ...GRANTED, expires_in: -1 }],
    ['half a second', { ...GRANTED, expires_in: 0.5 }],
    ['an unknown use', { ...GRANTED, scope: 'decrypt admin' }],
    ['no use', { ...GRANTED, scope: '' }],
    ['uses in a list', { ...GRANTED, scope: { 0: 'decrypt' } }],
    ['a use twice', { ...GRANTED, scope: 'decrypt decrypt' }],
    ['no detail', { ...GRANTED, authorization_details: [] }],
    ['two details', { ...GRANTED, authorization_details: [DETAIL, DETAIL] }],
    ['details that are no list', { ...GRANTED, authorization_details: DETAIL }],
    ['another detail', { ...GRANTED, authorization_details: [{ ...DETAIL, type: 'x' }] }],
    ['no backend', { ...GRANTED, authorization_details: [{ ...DETAIL, backend: '' }] }],
    ['a key that is no text', { ...GRANTED, authorization_details: [{ ...DETAIL, key_id: 1 }] }],
    ['conditions in a list', { ...GRANTED, authorization_details: [{ ...DETAIL, policy_claims: [] }] }],
  ];
  it.each(shapes)('is refused, and not quoted: %s', async (_, answer) => {
    server.answer = json(answer);
    const error = await caught(client.grantToken(WANTED));
    expect(error).toBeInstanceOf(KkpProtocolError);
    expect((error as Error).message).not.toContain('SECRET');
    const typed = json({ ...(answer as object), issued_token_type: ACCESS });
    server.answer = typed;
    expect(await caught(client.exchangeToken({ subject_token: 'a.b.c' }))).toBeInstanceOf(KkpProtocolError);
  });

  it.each([undefined, 'jwt', 7, 'urn:ietf:params:oauth:token-type:refresh_token'])(
    'is refused of an exchange with the type %j',
    async (issued_token_type) => {
      server.answer = json({ ...EXCHANGED, issued_token_type });
      expect(await caught(client.exchangeToken({ subject_token: 'a.b.c' }))).toBeInstanceOf(KkpProtocolError);
    },
  );

  it('is refused when it is no JSON', async () => {
    server.answer = raw(JSON.stringify(GRANTED), 200, { 'content-type': 'text/html' });
    expect(await caught(client.grantToken(WANTED))).toBeInstanceOf(KkpProtocolError);
  });
});

describe('an error of OAuth', () => {
  const calls: [string, () => Promise<unknown>][] = [
    ['grantToken', () => client.grantToken(WANTED)],
    ['exchangeToken', () => client.exchangeToken({ subject_token: SUBJECT_TOKEN })],
    ['revokeToken', () => client.revokeToken(SUBJECT_TOKEN)],
  ];
  const codes: [number, string, string][] = [
    [400, 'invalid_request', 'invalid_request'],
    [400, 'invalid_grant', 'invalid_grant'],
    [400, 'invalid_target', 'invalid_target'],
    [400, 'invalid_scope', 'invalid_scope'],
    [400, 'invalid_authorization_details', 'invalid_authorization_details'],
    [400, 'unsupported_grant_type', 'unsupported_grant_type'],
    [400, 'invalid_dpop_proof', 'invalid_dpop_proof'],
    [400, 'access_denied', 'policy_denied'],
    [401, 'invalid_client', 'unauthenticated'],
    [413, 'invalid_request', 'invalid_request'],
    [429, 'temporarily_unavailable', 'rate_limited'],
    [503, 'temporarily_unavailable', 'internal_error'],
    [500, 'server_error', 'internal_error'],
    [400, 'unmet_authentication_requirements', 'unknown_error'],
  ];
  it.each(calls.flatMap(([name, call]) => codes.map((row) => [name, ...row, call] as const)))(
    'of %s, %d %s, has the code %s',
    async (_, status, word, code, call) => {
      server.answer = oauthProblem(status, word, { 'retry-after': '7' });
      const error = await caught(call());
      expect(error).toBeInstanceOf(KkpApiError);
      expect(error instanceof KkpUnauthenticatedError).toBe(word === 'invalid_client');
      const message = `The reason of ${word}.`;
      expect(error).toMatchObject({ code, status, message, instance: undefined, retryAfterSeconds: 7 });
    },
  );

  it.each(calls)('of %s that KKP did not write says so', async (_, call) => {
    for (const answer of [
      json({ error: 'invalid_client' }, 401),
      json({ error: 7, error_description: 'SECRET' }, 400),
      json({ error: 'invalid_grant', error_description: { a: 1 } }, 400),
      raw('invalid_grant', 400),
    ]) {
      server.answer = answer;
      expect(await caught(call())).toMatchObject({
        code: 'unknown_error',
        message: expect.stringMatching(/^The server answered 4\d\d without saying why\.$/) as string,
      });
    }
  });

  it.each(calls)('is a problem for %s where the server has no such route', async (_, call) => {
    server.answer = problem(404, 'not_found');
    expect(await caught(call())).toMatchObject({ code: 'not_found', status: 404, instance: 'urn:uuid:1' });
  });

  it('is none on the other routes', async () => {
    server.answer = oauthProblem(401, 'invalid_client');
    expect(await caught(client.rotate())).toMatchObject({ code: 'unknown_error', status: 401 });
  });
});

describe('revokeToken', () => {
  it.each([raw(''), json({})])('posts the token, whatever the answer holds', async (answer) => {
    server.answer = answer;
    await client.revokeToken(SUBJECT_TOKEN);
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/oauth/revoke' }]);
    expect(sent()).toEqual({ token: SUBJECT_TOKEN });
  });
});

import { Kkp, KkpError, TokenVerifier, type Authenticator } from '../../src/index.js';
import { expectProblem, GRANT, startServer, type Answer, type TestServer } from '../support/server.js';

/** Believes what a header says: `x-caller: id scope scope`. */
const credulous: Authenticator = {
  authenticate({ headers }) {
    const [id, ...scopes] = String(headers['x-caller'] ?? '').split(' ');
    if (id === 'mallory') throw new KkpError('unauthenticated', 'The credential is not good.');
    return Promise.resolve(id ? { kind: 'test', id, scopes, attributes: {} } : undefined);
  },
};

const KEY = { backend: 'aws', key_id: 'alias/orders' };

describe('with authenticated callers', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startServer({ overrides: { callers: [credulous] } })));
  afterAll(() => server.close());

  const ask = async (path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const as = (caller: string) => ({ 'x-caller': caller });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const tokenFor = async (request: object = {}) =>
    (await ask('/token', { ...GRANT, ...request }, as('svc-billing'))).body.token as string;
  const seal = async () =>
    (await ask('/envelope/encrypt', { ...KEY, plaintext: 'attack at dawn' }, as('anyone'))).body
      .envelope as object;

  it('issues tokens for oneself, and for others to who has the scope alone', async () => {
    expectProblem(await ask('/token', GRANT), 401, 'unauthenticated');
    expectProblem(await ask('/token', GRANT, as('svc-orders')), 403, 'policy_denied');
    expectProblem(await ask('/token', GRANT, as('svc-orders kkp:admin')), 403, 'policy_denied');
    expect((await ask('/token', GRANT, as('svc-billing'))).status).toBe(200);
    expect((await ask('/token', GRANT, as('svc-orders kkp:issue'))).status).toBe(200);
  });

  it('does not take a token for a caller who may have tokens or rotate', async () => {
    const token = await tokenFor({ ops: ['decrypt', 'encrypt', 'rewrap', 'data_key'] });
    for (const [path, body] of [['/token', GRANT] as const, ['/keys/rotate', {}] as const]) {
      const answer = await ask(path, body, bearer(token));
      expectProblem(answer, 401, 'unauthenticated');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    }
  });

  it('names no error of a bearer where another credential was bad', async () => {
    const answer = await ask('/token', GRANT, as('mallory'));
    expectProblem(answer, 401, 'unauthenticated');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('rotates for administrators alone', async () => {
    expectProblem(await ask('/keys/rotate', {}), 401, 'unauthenticated');
    expectProblem(await ask('/keys/rotate', {}, as('svc-orders kkp:issue')), 403, 'policy_denied');
    expect((await ask('/keys/rotate', {}, as('ops kkp:admin'))).status).toBe(201);
  });

  describe.each([
    ['/envelope/encrypt', 'encrypt', { ...KEY, plaintext: 'attack at dawn' }],
    ['/datakey', 'data_key', KEY],
  ])('%s', (route, operation, body) => {
    it('is for callers, and for tokens that were made for it', async () => {
      expect((await ask(route, body, as('anyone'))).status).toBe(200);
      expect((await ask(route, body, bearer(await tokenFor({ ops: [operation] })))).status).toBe(200);
    });

    it('is for nobody else', async () => {
      expectProblem(await ask(route, body), 401, 'unauthenticated');
      expectProblem(await ask(route, body, bearer('a.b.c')), 401, 'unauthenticated');
    });

    it('is not for a token of other operations, also where a caller shows it', async () => {
      const ops = ['decrypt', 'encrypt', 'rewrap', 'data_key'].filter((other) => other !== operation);
      for (const token of [await tokenFor(), await tokenFor({ ops })]) {
        expectProblem(await ask(route, body, bearer(token)), 403, 'policy_denied');
        expectProblem(await ask(route, body, { ...bearer(token), ...as('anyone') }), 403, 'policy_denied');
      }
    });

    it('is not for a token of another key or backend, a bad one, or one in another environment', async () => {
      const token = await tokenFor({ ops: [operation], policy_claims: { environment: 'prod' } });
      for (const other of [{ key_id: 'alias/other' }, { backend: 'gcp' }]) {
        expectProblem(await ask(route, { ...body, ...other }, bearer(token)), 403, 'policy_denied');
      }
      expectProblem(await ask(route, body, bearer(token)), 403, 'policy_denied');
      expectProblem(await ask(route, body, bearer(`${token.slice(0, -4)}AAAA`)), 401, 'invalid_token');
      const inside = { ...body, policy_context: { environment: 'prod' } };
      expect((await ask(route, inside, bearer(token))).status).toBe(200);
    });

    it('asks for each item of a batch by the same token', async () => {
      const token = await tokenFor({ ops: [operation] });
      const items = [body, { ...body, key_id: 'alias/other' }];
      const { body: answer } = await ask(`${route}/batch`, { items }, bearer(token));
      expect(answer.results).toMatchObject([{ status: 200 }, { status: 403 }]);
    });
  });

  it('opens an envelope for a token that may decrypt', async () => {
    const envelope = await seal();
    expectProblem(
      await ask('/envelope/decrypt', { envelope }, as('svc-billing kkp:admin')),
      400,
      'invalid_request',
    );
    expectProblem(await ask('/envelope/decrypt', { envelope }), 401, 'unauthenticated');
    const sealing = await tokenFor({ ops: ['encrypt', 'rewrap', 'data_key'] });
    expectProblem(await ask('/envelope/decrypt', { envelope, token: sealing }), 403, 'policy_denied');
    for (const token of [await tokenFor(), await tokenFor({ ops: ['decrypt'] })]) {
      expect((await ask('/envelope/decrypt', { envelope, token })).body.plaintext).toBe('attack at dawn');
    }
  });

  it('moves an envelope to its own key for a token, and to another for a caller with one', async () => {
    const [envelope, token] = [await seal(), await tokenFor()];
    const to = { key_id: 'alias/other' };
    expectProblem(await ask('/envelope/rewrap', { envelope, token, ...to }), 403, 'policy_denied');
    expectProblem(
      await ask('/envelope/rewrap', { envelope, ...to }, as('ops kkp:admin')),
      403,
      'policy_denied',
    );
    expectProblem(await ask('/envelope/rewrap', { envelope }), 401, 'unauthenticated');
    const opening = await tokenFor({ ops: ['decrypt'] });
    expectProblem(await ask('/envelope/rewrap', { envelope, token: opening }), 403, 'policy_denied');
    expect((await ask('/envelope/rewrap', { envelope, token })).status).toBe(200);
    expect((await ask('/envelope/rewrap', { envelope, token, ...to }, as('anyone'))).status).toBe(200);
  });

  it('gives a token its nbf, cnf and ops, and refuses malformed ones by their names', async () => {
    const jkt = 'A'.repeat(43);
    const token = await tokenFor({
      ops: ['encrypt'],
      cnf: { jkt },
      not_before: Math.floor(Date.now() / 1000) + 60,
    });
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as object;
    expect(claims).toMatchObject({ ops: ['encrypt'], cnf: { jkt } });
    expectProblem(
      await ask('/envelope/encrypt', { ...KEY, plaintext: '' }, bearer(token)),
      401,
      'invalid_token',
    );
    for (const [member, value] of [
      ['ops', []],
      ['ops', ['encrypt', 'encrypt']],
      ['ops', 'encrypt'],
      ['ops', ['sign']],
      ['ops', null],
      ['not_before', '1'],
      ['not_before', 1],
      ['not_before', -1],
      ['cnf', {}],
      ['cnf', { jkt: 'x' }],
      ['cnf', { jkt, 'x5t#S256': jkt }],
      ['cnf', { kid: jkt }],
      ['cnf', jkt],
      ['act', { sub: 'svc-orders' }],
      ['subject_expires_at', 1],
    ] as const) {
      const answer = await ask('/token', { ...GRANT, [member]: value }, as('svc-billing'));
      expectProblem(answer, 400, 'invalid_request');
      expect(answer.body.detail).toContain(member);
    }
  });

  it.each(['NaN', '1e309', '1e308', '-1', '-0.5', '"300"', '0', 'Infinity', '[300]', 'null', '1e-308'])(
    'refuses a lifetime of %s',
    async (ttl) => {
      const response = await fetch(`${server.url}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...as('svc-billing') },
        body: `${JSON.stringify(GRANT).slice(0, -1)},"ttl_seconds":${ttl}}`,
      });
      expect(response.status).toBe(400);
    },
  );
});

describe('a server with an issuer and the typ at+jwt', () => {
  it('does not start without the issuer, which such tokens must name', async () => {
    await expect(startServer({ settings: { tokenTyp: 'at+jwt' } })).rejects.toThrow(
      'tokens.issuer: must be there with tokens.typ "at+jwt"',
    );
  });

  it('puts both into its tokens', async () => {
    const settings = { tokenIssuer: 'https://kkp.example', tokenTyp: 'at+jwt' } as const;
    const server = await startServer({ settings });
    const response = await fetch(`${server.url}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(GRANT),
    });
    const { token } = (await response.json()) as { token: string };
    const [header, claims] = token
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
    expect(header).toMatchObject({ typ: 'at+jwt' });
    // Whoever is anonymous asks for itself, for all that is known.
    expect(claims).toMatchObject({ iss: 'https://kkp.example', client_id: GRANT.subject });
    await server.close();
  });

  it('says in its tokens who asked for them', async () => {
    const settings = { tokenIssuer: 'https://kkp.example', tokenTyp: 'at+jwt' } as const;
    const server = await startServer({ settings });
    const caller = { kind: 'badge', id: 'svc-front', scopes: ['kkp:issue'], attributes: {} };
    const { token } = await server.app.get(Kkp, { strict: false }).issueToken(GRANT, { caller });
    const claims = server.app.get(TokenVerifier, { strict: false }).verify(token);
    expect(claims).toMatchObject({ sub: GRANT.subject, client_id: 'svc-front' });
    await server.close();
  });
});

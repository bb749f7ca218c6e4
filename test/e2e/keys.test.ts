import {
  type Answer,
  expectProblem,
  get,
  GRANT,
  issueToken,
  post,
  seal,
  startServer,
  type TestServer,
} from '../support/server.js';

describe('signing keys over HTTP', () => {
  let server: TestServer;
  let now: number;

  beforeEach(async () => {
    now = 1_800_000_000_000;
    server = await startServer({ overrides: { clock: { now: () => now } } });
  });
  afterEach(() => server.close());

  it('publishes public members only, with a validator and an age', async () => {
    const { status, headers, body } = await get(server, '/keys/jwks');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headers.get('etag')).toMatch(/^"[\w-]+"$/);
    for (const key of body.keys) {
      expect(Object.keys(key as object).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
      expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' });
    }
  });

  it.each(['/keys/jwks', '/.well-known/jwks.json'])(
    'answers 304 without a body to who has the set (%s)',
    async (path) => {
      const etag = (await get(server, path)).headers.get('etag')!;
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const response = await fetch(server.url + path, { headers: { 'if-none-match': known } });
        expect(response.status).toBe(304);
        expect(response.headers.get('etag')).toBe(etag);
        expect(await response.text()).toBe('');
      }
      const response = await fetch(server.url + path, { headers: { 'if-none-match': '"other"' } });
      expect(response.status).toBe(200);
      await response.text();
    },
  );

  it('promotes the key that was published as the next one', async () => {
    const before = (await get(server, '/keys/jwks')).body.keys.map((key: { kid: string }) => key.kid);
    const { kid: signing } = (await post(server, '/token', GRANT)).body;
    const rotated = await post(server, '/keys/rotate');
    expect(rotated.status).toBe(201);
    expect(Object.keys(rotated.body as object).sort()).toEqual(['expires_at', 'kid']);
    expect(before).toContain(rotated.body.kid);
    expect(rotated.body.kid).not.toBe(signing);
    expect((await post(server, '/token', GRANT)).body.kid).toBe(rotated.body.kid);
  });

  it('takes an empty JSON object, and no members', async () => {
    expect((await post(server, '/keys/rotate', {})).status).toBe(201);
    expectProblem(await post(server, '/keys/rotate', { force: true }), 400, 'invalid_request');
  });

  it('refuses a rotation that would crowd out a live key, and says when to try again', async () => {
    const tokens: string[] = [];
    let answer: Answer | undefined;
    for (let round = 0; round < 10; round++) {
      tokens.push(await issueToken(server, { ttl_seconds: 600 }));
      answer = await post(server, '/keys/rotate');
      if (answer.status !== 201) break;
    }
    expectProblem(answer!, 429, 'rate_limited');
    expect(Number(answer!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await get(server, '/keys/jwks')).body.keys.length).toBeLessThanOrEqual(5);
    const envelope = await seal(server);
    for (const token of tokens)
      expect((await post(server, '/envelope/decrypt', { token, envelope })).status).toBe(200);

    now += Number(answer!.headers.get('retry-after')) * 1000;
    expect((await post(server, '/keys/rotate')).status).toBe(201);
  });

  it('rotates by itself when a key has had its turn, and the old token lives on', async () => {
    const token = await issueToken(server, { ttl_seconds: 900 });
    const envelope = await seal(server);
    const { kid } = (await post(server, '/token', GRANT)).body;
    now += 899_000;
    expect((await post(server, '/envelope/decrypt', { token, envelope })).status).toBe(200);
    now += 1_000;
    expect((await post(server, '/token', GRANT)).body.kid).not.toBe(kid);
    expectProblem(await post(server, '/envelope/decrypt', { token, envelope }), 401, 'invalid_token');
  });
});

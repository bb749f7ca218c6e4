import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import {
  expectProblem,
  get,
  GRANT,
  issueToken,
  post,
  startServer,
  type TestServer,
} from '../support/server.js';

describe('POST /token', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  it('answers with a token, its end and its key', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { status, body, headers } = await post(server, '/token', GRANT);
    expect(status).toBe(200);
    expect(Object.keys(body as object).sort()).toEqual(['expires_at', 'kid', 'token']);
    expect(body.expires_at - before).toBeGreaterThanOrEqual(300);
    expect(body.expires_at - before).toBeLessThanOrEqual(302);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('signs exactly the claims of the wire, and an independent verifier agrees', async () => {
    const token = await issueToken(server, { ttl_seconds: 60, policy_claims: { environment: 'prod' } });
    const keys = createRemoteJWKSet(new URL(`${server.url}/keys/jwks`));
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      audience: 'reports',
      algorithms: ['EdDSA'],
    });
    expect(Object.keys(protectedHeader).sort()).toEqual(['alg', 'kid', 'typ']);
    expect(Object.keys(payload).sort()).toEqual(
      ['aud', 'backend', 'exp', 'iat', 'jti', 'key_id', 'policy_claims', 'sub'].sort(),
    );
    expect(payload).toMatchObject({
      sub: 'svc-billing',
      backend: 'aws',
      policy_claims: { environment: 'prod' },
    });
    expect(payload.exp! - payload.iat!).toBe(60);
  });

  it.each([0, -1, 901, 1e308])('refuses a lifetime of %p and names the maximum', async (ttl_seconds) => {
    const answer = await post(server, '/token', { ...GRANT, ttl_seconds });
    expectProblem(answer, 400, 'invalid_request');
    expect(answer.body.message).toMatch(/900|integer/);
  });

  it.each(['60', 1.5, null, true, {}])('refuses a lifetime of the wrong type: %p', async (ttl_seconds) => {
    expectProblem(await post(server, '/token', { ...GRANT, ttl_seconds }), 400, 'invalid_request');
  });

  it('signs a policy claim of any name as it was sent', async () => {
    const token = await issueToken(server, { policy_claims: { constructor: 'acme', toString: 1 } });
    const payload = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as object;
    expect(payload).toMatchObject({ policy_claims: { constructor: 'acme', toString: 1 } });
  });

  it.each(['subject', 'audience', 'backend', 'key_id'])('names the missing member %s', async (member) => {
    const answer = await post(server, '/token', { ...GRANT, [member]: undefined });
    expectProblem(answer, 400, 'invalid_request');
    expect(answer.body.message).toContain(member);
  });

  it.each(['subject', 'audience'])('is denied by the default policy without a %s', async (member) => {
    expectProblem(await post(server, '/token', { ...GRANT, [member]: '' }), 403, 'policy_denied');
  });

  it('refuses an unknown member by its name, and not by its value', async () => {
    const answer = await post(server, '/token', { ...GRANT, admin: 'yes-please' });
    expectProblem(answer, 400, 'invalid_request');
    expect(answer.body.message).toContain('admin');
    expect(JSON.stringify(answer.body)).not.toContain('yes-please');
  });

  it('refuses a backend that is not configured', async () => {
    expectProblem(await post(server, '/token', { ...GRANT, backend: 'nowhere' }), 400, 'kms_error');
  });

  it('refuses an integer that JSON.parse would change, and takes its neighbour', async () => {
    const claims = (account: string) =>
      JSON.stringify({ ...GRANT, policy_claims: {} }).replace('{}', `{"account":${account}}`);
    expectProblem(await post(server, '/token', claims('9007199254740993')), 400, 'invalid_request');
    expect((await post(server, '/token', claims('9007199254740991'))).status).toBe(200);
  });

  it('lives no longer than the policy allows', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kkp-ttl-'));
    const path = join(folder, 'short.rego');
    writeFileSync(path, 'package kkp.authz\n\nallow := {"allow": true, "max_ttl_seconds": 10}\n');
    const short = await startServer({ env: { KKP_POLICY_PATH: path } });
    const token = await issueToken(short, { ttl_seconds: 60 });
    const { iat, exp } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<
      string,
      number
    >;
    expect(exp! - iat!).toBe(10);
    await short.close();
    rmSync(folder, { recursive: true });
  });

  it('refuses policy claims that make a token too large', async () => {
    const policy_claims = { note: 'x'.repeat(9000) };
    expectProblem(await post(server, '/token', { ...GRANT, policy_claims }), 400, 'invalid_request');
  });

  it('publishes the key of every token that it issues', async () => {
    const { body } = await post(server, '/token', GRANT);
    const jwks = await get(server, '/.well-known/jwks.json');
    expect(jwks.body.keys.map((key: { kid: string }) => key.kid)).toContain(body.kid);
  });
});

import { Kkp } from '../../../src/kkp.js';
import { Revocations } from '../../../src/revocation/index.js';
import { basic, DETAILS, EXCHANGE, expectRefusal, JWT, postForm, type Form } from '../../support/form.js';
import { GRANT, startServer, issueToken } from '../../support/server.js';
import { startOAuth, type ClientName, type OAuthServer } from './setup.js';

let server: OAuthServer;
beforeAll(async () => (server = await startOAuth()));
afterAll(() => server.close());

const grant = async (name: ClientName): Promise<string> => {
  const form = { grant_type: 'client_credentials', audience: 'reports', authorization_details: DETAILS };
  return (await postForm(server, '/oauth/token', form, server.as(name))).body.access_token as string;
};
const revoke = (form: Form, name: ClientName) => postForm(server, '/oauth/revoke', form, server.as(name));
const introspect = (form: Form, name: ClientName = 'admin') =>
  postForm(server, '/oauth/introspect', form, server.as(name));
const isActive = async (token: string) => (await introspect({ token })).body.active as boolean;

describe('/oauth/revoke', () => {
  it.each(['svc-billing', 'admin'] as const)('takes a token of svc-billing back for %s', async (name) => {
    const token = await grant('svc-billing');
    const other = await grant('svc-billing');
    const answer = await revoke({ token, token_type_hint: 'refresh_token' }, name);
    expect([answer.status, answer.body, answer.headers.get('cache-control')]).toEqual([200, '', 'no-store']);
    expect([await isActive(token), await isActive(other)]).toEqual([false, true]);
  });

  it.each(['svc-gateway', 'issuer'] as const)('does not for %s', async (name) => {
    const token = await grant('svc-billing');
    expectRefusal(await revoke({ token }, name), 400, 'access_denied');
    expect(await isActive(token)).toBe(true);
  });

  it('takes a token back for whoever acts with it, and not for who acted before', async () => {
    const exchange = async (token: string, name: ClientName) =>
      (
        await postForm(
          server,
          '/oauth/token',
          { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT },
          server.as(name),
        )
      ).body.access_token as string;
    const first = await exchange(await grant('svc-billing'), 'svc-gateway');
    const token = await exchange(first, 'svc-reports');
    expectRefusal(await revoke({ token }, 'svc-gateway'), 400, 'access_denied');
    expect((await revoke({ token }, 'svc-reports')).status).toBe(200);
    expect([await isActive(token), await isActive(first)]).toEqual([false, true]);
  });

  it.each([
    ['unknown', () => 'x'],
    ['of another issuer', () => server.jwt()],
    ['malformed', () => '\u0000.é.'],
    ['very long', () => 'x'.repeat(20_000)],
  ])('is content with a token that is %s', async (_name, token) => {
    const answer = await revoke({ token: token() }, 'svc-billing');
    expect([answer.status, answer.body]).toEqual([200, '']);
    expect(answer.headers.has('www-authenticate')).toBe(false);
  });

  it('is content with a token that was taken back already', async () => {
    const token = await grant('svc-billing');
    await revoke({ token }, 'svc-billing');
    expect((await revoke({ token }, 'svc-billing')).status).toBe(200);
    expectRefusal(await revoke({ token }, 'svc-gateway'), 400, 'access_denied');
  });

  it('takes a token back before its time has come', async () => {
    const not_before = Math.floor(Date.now() / 1000) + 60;
    const kkp = server.app.get(Kkp, { strict: false });
    const caller = { kind: 'test', id: 'svc-billing', scopes: [], attributes: {} };
    const { token } = await kkp.issueToken({ ...GRANT, subject: 'svc-billing', not_before }, { caller });
    expect((await revoke({ token }, 'svc-billing')).status).toBe(200);
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { jti: string };
    const { rules } = server.app.get(Revocations, { strict: false }).current();
    expect(rules).toContainEqual(expect.objectContaining({ jti }));
  });

  it('asks for a token, and for a client', async () => {
    const token = await grant('svc-billing');
    expectRefusal(await revoke({}, 'admin'), 400, 'invalid_request');
    expectRefusal(await revoke({ token: [token, token] }, 'admin'), 400, 'invalid_request');
    expectRefusal(await revoke({ token, client_id: 'svc-billing' }, 'admin'), 401, 'invalid_client');
    expectRefusal(await revoke({ token, client_secret: 'x' }, 'admin'), 400, 'invalid_request');
    for (const headers of [{}, { authorization: `Bearer ${token}` }, basic('admin', 'x')] as Record<
      string,
      string
    >[])
      expectRefusal(await postForm(server, '/oauth/revoke', { token }, headers), 401, 'invalid_client');
    expect(await isActive(token)).toBe(true);
  });

  it('answers for a client that is not known as for any token, good or not', async () => {
    const answers = [await grant('svc-billing'), 'x'].map((token) =>
      postForm(server, '/oauth/revoke', { token }, basic('admin', 'x')),
    );
    const [good, bad] = await Promise.all(answers);
    expect([good!.status, good!.body]).toEqual([bad!.status, bad!.body]);
  });

  it('is for everybody while callers are anonymous', async () => {
    const open = await startServer();
    const token = await issueToken(open);
    expect((await postForm(open, '/oauth/revoke', { token })).status).toBe(200);
    expect((await postForm(open, '/oauth/introspect', { token })).body).toEqual({ active: false });
    await open.close();
  });
});

describe('/oauth/introspect', () => {
  it('tells an administrator what a token says', async () => {
    const answer = await introspect({ token: await grant('svc-billing'), token_type_hint: 'access_token' });
    expect(answer).toMatchObject({
      status: 200,
      body: { active: true, sub: 'svc-billing', aud: 'reports', backend: 'aws', key_id: 'alias/orders' },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['unknown', () => 'x'],
    ['of another issuer', () => server.jwt()],
    ['spoilt', async () => `${await grant('svc-billing')}A`],
  ])('tells nothing of a token that is %s', async (_name, token) => {
    expect((await introspect({ token: await token() })).body).toEqual({ active: false });
  });

  it('tells nobody else', async () => {
    const token = await grant('svc-billing');
    for (const name of ['svc-billing', 'issuer'] as const)
      expectRefusal(await introspect({ token }, name), 400, 'access_denied');
    for (const headers of [{}, { authorization: `Bearer ${token}` }] as Record<string, string>[])
      expectRefusal(await postForm(server, '/oauth/introspect', { token }, headers), 401, 'invalid_client');
    expectRefusal(await introspect({}), 400, 'invalid_request');
  });
});

import { jwt, type AuthenticatedCaller } from '../../src/index.js';
import { requestWith } from '../support/issuer.js';
import { startOidcServer, type OidcServer } from '../support/oidc-server.js';
import { GRANT, startServer, type TestServer } from '../support/server.js';

describe('access tokens of a real OpenID provider', () => {
  let oidc: OidcServer;
  let server: TestServer;
  beforeAll(async () => {
    oidc = await startOidcServer();
    server = await startServer({
      overrides: { callers: [jwt({ issuer: oidc.issuer, audience: 'kkp' })] },
    });
  });
  afterAll(async () => {
    await server.close();
    await oidc.close();
  });

  const mint = async (token: string): Promise<number> => {
    const response = await fetch(`${server.url}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ ...GRANT, subject: 'billing' }),
    });
    return response.status;
  };

  it('are taken with nothing known but the issuer’s URL and the audience', async () => {
    expect(await mint(await oidc.accessToken('kkp', 'kms:mint'))).toBe(200);
  });

  it('are refused when they are for another audience', async () => {
    expect(await mint(await oidc.accessToken('other', 'kms:mint'))).toBe(401);
  });

  it('are refused with one character changed', async () => {
    const token = await oidc.accessToken('kkp', 'kms:mint');
    const [header, claims, signature] = token.split('.') as [string, string, string];
    const changed = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
    expect(await mint([header, claims, changed].join('.'))).toBe(401);
  });

  it('say who the client is and what it may do', async () => {
    const authenticator = jwt({
      issuer: oidc.issuer,
      audience: 'kkp',
      idClaim: 'client_id',
      scopes: { 'kkp:issue': ['kms:mint'], 'kkp:admin': ['kms:ops'] },
      attributes: ['jti', 'client_id'],
    });
    const tell = async (scope: string): Promise<AuthenticatedCaller | undefined> =>
      authenticator.authenticate(requestWith(await oidc.accessToken('kkp', scope)));
    expect(await tell('kms:mint')).toMatchObject({
      kind: 'jwt',
      id: 'billing',
      issuer: oidc.issuer,
      scopes: ['kkp:issue'],
      attributes: { client_id: 'billing', jti: expect.any(String) as string },
    });
    expect((await tell('kms:mint kms:ops'))?.scopes).toEqual(['kkp:issue', 'kkp:admin']);
  });
});

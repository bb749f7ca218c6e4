import { jwt, mtls } from '../../../src/callers/index.js';
import { get, startServer, type TestServerOptions } from '../../support/server.js';
import { startOAuth } from './setup.js';

const PATH = '/.well-known/oauth-authorization-server';

async function metadataOf(options: TestServerOptions, path = PATH) {
  const server = await startServer(options);
  const answer = await get(server, path);
  await server.close();
  return answer;
}

describe('the metadata of the authorization server', () => {
  it('says all that a client has to know', async () => {
    const settings = { publicUrl: 'https://kms.example/kkp/', tokenIssuer: 'https://issuer.example' };
    const server = await startOAuth({ settings });
    const answer = await get(server, PATH);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.body).toEqual({
      issuer: 'https://issuer.example',
      token_endpoint: 'https://kms.example/kkp/oauth/token',
      revocation_endpoint: 'https://kms.example/kkp/oauth/revoke',
      introspection_endpoint: 'https://kms.example/kkp/oauth/introspect',
      jwks_uri: 'https://kms.example/kkp/.well-known/jwks.json',
      response_types_supported: [],
      grant_types_supported: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
      revocation_endpoint_auth_methods_supported: ['client_secret_basic'],
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'Bearer'],
      scopes_supported: ['decrypt', 'encrypt', 'rewrap', 'data_key'],
      authorization_details_types_supported: ['kkp_key'],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
      tls_client_certificate_bound_access_tokens: false,
    });
    const known = { headers: { 'if-none-match': answer.headers.get('etag')! } };
    const again = await fetch(server.url + PATH, known);
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([
      304,
      '',
      answer.headers.get('etag'),
    ]);
    await server.close();
  });

  it('has the issuer of the tokens, or else the public URL, and endpoints below the URL', async () => {
    const named = await metadataOf({ settings: { tokenIssuer: 'https://issuer.example/a' } });
    expect(named.body).toMatchObject({
      issuer: 'https://issuer.example/a',
      token_endpoint: 'https://issuer.example/a/oauth/token',
    });
    const placed = await metadataOf({ settings: { publicUrl: 'https://kms.example' } });
    expect(placed.body).toMatchObject({
      issuer: 'https://kms.example',
      token_endpoint: 'https://kms.example/oauth/token',
    });
  });

  it('is not made of what a request says', async () => {
    const server = await startServer();
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    const answer = await fetch(server.url + PATH, { headers });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toMatchObject({
      error: 'not_found',
      detail: 'Nothing says who the issuer is: set tokens.issuer, or public_url.',
    });
    await server.close();
    const query = await metadataOf(
      { settings: { publicUrl: 'https://kms.example' } },
      `${PATH}?x=https://evil`,
    );
    expect(JSON.stringify(query.body)).not.toContain('evil');
  });

  it('promises no binding to certificates where a proxy shows its own', async () => {
    const settings = { publicUrl: 'https://kms.example' };
    const forwarded = {
      forwardedHeader: 'x-cert',
      forwardedForm: 'pem',
      trustedProxies: ['10.0.0.1'],
    } as const;
    for (const [options, binds] of [
      [{}, true],
      [forwarded, false],
    ] as const) {
      const callers = [mtls({ idFrom: 'cn', ...options })];
      const { body } = await metadataOf({ settings, overrides: { callers } });
      expect(body).toMatchObject({
        token_endpoint_auth_methods_supported: ['tls_client_auth'],
        tls_client_certificate_bound_access_tokens: binds,
      });
    }
  });

  it('says that clients need not authenticate while all are anonymous, and no way that is none', async () => {
    const settings = { publicUrl: 'https://kms.example' };
    const open = await metadataOf({ settings });
    expect(open.body).toMatchObject({
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
    });
    const callers = [jwt({ issuer: 'https://id.example', audience: 'kkp' })];
    const closed = await metadataOf({ settings, overrides: { callers } });
    expect(closed.body).toMatchObject({
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: [],
      introspection_endpoint_auth_methods_supported: ['Bearer'],
    });
  });
});

import * as client from 'openid-client';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { apiKey, jwt, makeKey } from '../../../src/callers/index.js';
import { systemRandom } from '../../../src/random.js';
import { DETAILS, EXCHANGE, JWT } from '../../support/form.js';
import { freePort } from '../../support/free-port.js';
import { startOidcServer, type OidcServer } from '../../support/oidc-server.js';
import { startServer, type TestServer } from '../../support/server.js';

let oidc: OidcServer;
let server: TestServer;
const [billing, admin] = [makeKey(systemRandom), makeKey(systemRandom)];

beforeAll(async () => {
  oidc = await startOidcServer();
  const port = await freePort();
  const keys = [
    { id: billing.id, hash: billing.hash, name: 'svc: billing+é' },
    { id: admin.id, hash: admin.hash, name: 'admin', scopes: ['kkp:admin'] },
  ];
  server = await startServer({
    port,
    settings: {
      publicUrl: `http://127.0.0.1:${port}`,
      tokenIssuer: `http://127.0.0.1:${port}`,
      tokenTyp: 'at+jwt',
    },
    overrides: { callers: [apiKey({ keys }), jwt({ issuer: oidc.issuer, audience: 'kkp' })] },
  });
});
afterAll(async () => {
  await server.close();
  await oidc.close();
});

const discover = (id: string, auth: client.ClientAuth) =>
  client.discovery(new URL(server.url), id, undefined, auth, {
    algorithm: 'oauth2',
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its word for loopback without TLS
    execute: [client.allowInsecureRequests],
  });
const asBilling = () => discover('svc: billing+é', client.ClientSecretBasic(billing.key));
const ASKED = { audience: 'reports', authorization_details: DETAILS };

describe('openid-client, which knows nothing of KKP', () => {
  it('finds it by its metadata', async () => {
    const metadata = (await asBilling()).serverMetadata();
    expect(metadata).toMatchObject({ issuer: server.url, token_endpoint: `${server.url}/oauth/token` });
  });

  it('has a token by client_credentials, which jose verifies', async () => {
    const granted = await client.clientCredentialsGrant(await asBilling(), { ...ASKED, scope: 'decrypt' });
    expect(granted).toMatchObject({ token_type: 'bearer', expires_in: 300, scope: 'decrypt' });
    expect(granted.expiresIn()).toBeGreaterThan(290);
    const keys = createRemoteJWKSet(new URL((await asBilling()).serverMetadata().jwks_uri!));
    const { payload } = await jwtVerify(granted.access_token, keys, {
      issuer: server.url,
      audience: 'reports',
      typ: 'at+jwt',
    });
    expect(payload.sub).toBe('svc: billing+é');
    expect(payload.client_id).toBe('svc: billing+é');
  });

  it('has a token that is bound to its DPoP key', async () => {
    const config = await asBilling();
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    const granted = await client.clientCredentialsGrant(config, ASKED, { DPoP });
    expect(granted.token_type).toBe('dpop');
    const answer = await client.fetchProtectedResource(
      config,
      granted.access_token,
      new URL(`${server.url}/envelope/decrypt`),
      'POST',
      JSON.stringify({ envelope: { backend: 'aws' } }),
      new Headers({ 'content-type': 'application/json' }),
      { DPoP },
    );
    // As far as the body, of which this is none: token and proof are good.
    expect(answer.status).toBe(400);
  });

  it('exchanges an access token of a real OpenID provider, with a client and without', async () => {
    const subject = { subject_token: await oidc.accessToken('kkp', 'kms:mint'), subject_token_type: JWT };
    const delegated = await client.genericGrantRequest(await asBilling(), EXCHANGE, { ...ASKED, ...subject });
    expect(delegated).toMatchObject({ issued_token_type: expect.any(String) as string });
    const asAdmin = await discover('admin', client.ClientSecretBasic(admin.key));
    expect(await client.tokenIntrospection(asAdmin, delegated.access_token)).toMatchObject({
      active: true,
      sub: 'billing',
      act: { sub: 'svc: billing+é' },
      client_id: 'svc: billing+é',
    });
    const alone = await discover('billing', client.None());
    const federated = await client.genericGrantRequest(alone, EXCHANGE, { ...ASKED, ...subject });
    expect(await client.tokenIntrospection(asAdmin, federated.access_token)).toMatchObject({
      sub: 'billing',
      client_id: 'billing',
    });
  });

  it('takes a token back, and is told so', async () => {
    const config = await asBilling();
    const { access_token: token } = await client.clientCredentialsGrant(config, ASKED);
    await client.tokenRevocation(config, token);
    await client.tokenRevocation(config, token);
    await client.tokenRevocation(config, 'unknown');
    const asAdmin = await discover('admin', client.ClientSecretBasic(admin.key));
    expect(await client.tokenIntrospection(asAdmin, token)).toEqual({ active: false });
  });

  it('reads every refusal', async () => {
    const config = await asBilling();
    const subject = { subject_token: 'x', subject_token_type: JWT };
    await expect(
      client.genericGrantRequest(config, EXCHANGE, { ...ASKED, ...subject }),
    ).rejects.toMatchObject({
      error: 'invalid_grant',
      status: 400,
    });
    await expect(client.clientCredentialsGrant(config, { ...ASKED, scope: 'x' })).rejects.toMatchObject({
      error: 'invalid_scope',
    });
    const { access_token: token } = await client.clientCredentialsGrant(config, ASKED);
    await expect(client.tokenIntrospection(config, token)).rejects.toMatchObject({ error: 'access_denied' });
    const wrong = await discover('admin', client.ClientSecretBasic(billing.key));
    await expect(client.clientCredentialsGrant(wrong, ASKED)).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'basic' }],
    });
    const post = await discover('admin', client.ClientSecretPost(admin.key));
    await expect(client.clientCredentialsGrant(post, ASKED)).rejects.toMatchObject({
      error: 'invalid_request',
    });
  });
});

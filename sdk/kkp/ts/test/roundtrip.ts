import { KkpClient, createRemoteJwks, importJwks, verifyToken } from '../src/index.js';
import { caught } from './support/caught.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };

/** Drives a KKP server with the default configuration and policy through the whole SDK; throws where it does not hold. */
export async function roundTrip(baseUrl: string): Promise<void> {
  const client = new KkpClient({ baseUrl });
  const token = await issueAndVerify(client, baseUrl);
  await sealAndOpen(client, token);
  await isRefused(client, token);
  await survivesRotation(client, token);
}

async function issueAndVerify(client: KkpClient, baseUrl: string): Promise<string> {
  const policy_claims = { environment: 'test', tags: ['a', { b: null }] };
  const issued = await client.issueToken({
    subject: 'orders-service',
    audience: 'billing',
    ...KEY,
    ttl_seconds: 60,
    policy_claims,
    request_context: { ticket: 'T-1' },
  });
  const remote = createRemoteJwks(new URL('/keys/jwks', baseUrl));
  const claims = await verifyToken(issued.token, remote, { audience: 'billing', maxLifetimeSeconds: 60 });
  expect(claims).toMatchObject({ sub: 'orders-service', aud: 'billing', ...KEY, policy_claims });
  expect(claims.exp).toBe(issued.expires_at);
  expect(claims.exp - claims.iat).toBe(60);
  const wellKnown = createRemoteJwks(new URL('/.well-known/jwks.json', baseUrl));
  expect(await verifyToken(issued.token, wellKnown)).toEqual(claims);
  const jwks = await client.fetchJwks();
  expect(jwks.keys.map(({ kid }) => kid)).toContain(issued.kid);
  expect(await verifyToken(issued.token, importJwks(jwks))).toEqual(claims);
  return issued.token;
}

async function sealAndOpen(client: KkpClient, token: string): Promise<void> {
  const context = { environment: 'test' };
  const text = 'grüße, 世界 🔑';
  const sealed = await client.encrypt({ ...KEY, plaintext: text, associated_data: 'order 7' });
  expect(sealed.envelope).toMatchObject({ ...KEY, associated_data: 'order 7' });
  const opened = await client.decrypt({ token, ...sealed, context, expected_audience: 'billing' });
  expect(opened).toMatchObject({ plaintext: text, claims: { sub: 'orders-service' } });

  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const binary = await client.encrypt({ ...KEY, plaintext: bytes });
  const asBytes = await client.decrypt({ token, ...binary, context, encoding: 'base64' });
  expect([...asBytes.plaintext]).toEqual([...bytes]);
  expect(await caught(client.decrypt({ token, ...binary, context }))).toMatchObject({
    code: 'envelope_error',
  });
}

async function isRefused(client: KkpClient, token: string): Promise<void> {
  const context = { environment: 'test' };
  const { envelope } = await client.encrypt({ ...KEY, plaintext: 'x' });
  const refusals: [Promise<unknown>, object][] = [
    [
      client.decrypt({ token, envelope, context: { environment: 'live' } }),
      { code: 'policy_denied', status: 403 },
    ],
    [
      client.decrypt({ token, envelope, context, expected_audience: 'x' }),
      { code: 'policy_denied', status: 403 },
    ],
    [client.decrypt({ token: 'a.b.c', envelope, context }), { code: 'invalid_token', status: 401 }],
    [
      client.decrypt({ token, envelope: { ...envelope, nonce: 'A'.repeat(16) }, context }),
      { code: 'envelope_error', status: 400 },
    ],
    [client.encrypt({ backend: 'none', key_id: 'k', plaintext: '' }), { code: 'kms_error', status: 400 }],
    [
      client.issueToken({ subject: 's', audience: 'a', ...KEY, ttl_seconds: 100_000 }),
      { code: 'invalid_request', status: 400 },
    ],
  ];
  for (const [call, expected] of refusals) expect(await caught(call)).toMatchObject(expected);
}

async function survivesRotation(client: KkpClient, oldToken: string): Promise<void> {
  const { kid } = await client.rotate();
  const { token: newToken, kid: newKid } = await client.issueToken({ subject: 's', audience: 'a', ...KEY });
  expect(newKid).toBe(kid);
  const jwks = await client.fetchJwks();
  await verifyToken(oldToken, jwks);
  await verifyToken(newToken, jwks);
}

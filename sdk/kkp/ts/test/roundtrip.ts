import {
  type Envelope,
  KkpApiError,
  KkpClient,
  createRemoteJwks,
  decryptBytes,
  encryptBytes,
  importJwks,
  rewrapStream,
  verifyToken,
} from '../src/index.js';
import { caught } from './support/caught.js';
import { run } from './support/streams.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };

/** Drives a KKP server with the default configuration and policy through the whole SDK; throws where it does not hold. */
export async function roundTrip(baseUrl: string): Promise<void> {
  const client = new KkpClient({ baseUrl });
  const token = await issueAndVerify(client, baseUrl);
  await sealAndOpen(client, token);
  await isRefused(client, token);
  await rewraps(client, token);
  await batches(client, token);
  await encryptsHere(client, token);
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

async function rewraps(client: KkpClient, token: string): Promise<void> {
  const context = { environment: 'test' };
  const { envelope } = await client.encrypt({ ...KEY, plaintext: 'x', associated_data: 'order 7' });
  const again = await client.rewrap({ token, envelope, context, expected_audience: 'billing' });
  expect(again.envelope).toMatchObject({ ...KEY, associated_data: 'order 7' });
  expect(again.envelope.encrypted_data_key).not.toBe(envelope.encrypted_data_key);
  expect(again.envelope.ciphertext).toBe(envelope.ciphertext);
  expect(await client.decrypt({ token, ...again, context })).toMatchObject({ plaintext: 'x' });

  const other = { backend: 'azure', key_id: 'orders' };
  const moved = await client.rewrap({ token, envelope, context, ...other });
  expect(moved.envelope).toMatchObject({ ...other, associated_data: 'order 7' });
  expect(await caught(client.decrypt({ token, ...moved, context }))).toMatchObject({ code: 'policy_denied' });
  const { token: otherToken } = await client.issueToken({ subject: 's', audience: 'a', ...other });
  expect(await client.decrypt({ token: otherToken, ...moved })).toMatchObject({ plaintext: 'x' });
  expect(await caught(client.rewrap({ envelope, context }))).toMatchObject({ code: 'policy_denied' });
  const changed = { ...envelope, associated_data: 'order 8' };
  expect(await caught(client.rewrap({ token, envelope: changed, context }))).toMatchObject({
    code: 'envelope_error',
  });
}

async function batches(client: KkpClient, token: string): Promise<void> {
  const context = { environment: 'test' };
  const [text, bytes, failed] = await client.encryptBatch([
    { ...KEY, plaintext: 'x' },
    { ...KEY, plaintext: Uint8Array.of(255) },
    { backend: 'none', key_id: 'k', plaintext: '' },
  ]);
  expect(failed).toBeInstanceOf(KkpApiError);
  expect(failed).toMatchObject({ code: 'kms_error', status: 400 });
  const envelopes = [text, bytes].map((result) => (result as { envelope: Envelope }).envelope);
  const [one, two, refused] = await client.decryptBatch([
    { token, envelope: envelopes[0]!, context },
    { token, envelope: envelopes[1]!, context, encoding: 'base64' },
    { token: 'a.b.c', envelope: envelopes[0]!, context },
  ]);
  expect(one).toMatchObject({ plaintext: 'x', claims: { sub: 'orders-service' } });
  expect(two).toMatchObject({ plaintext: Uint8Array.of(255) });
  expect(refused).toMatchObject({ code: 'invalid_token', status: 401 });
  const rewrapped = await client.rewrapBatch(envelopes.map((envelope) => ({ token, envelope, context })));
  expect(rewrapped).toMatchObject([{ envelope: KEY }, { envelope: KEY }]);
  const keys = await client.createDataKeyBatch([KEY, { ...KEY, bytes: 64, include_plaintext: false }]);
  expect(keys).toMatchObject([
    { envelope: KEY, plaintext: expect.any(Uint8Array) as Uint8Array },
    { envelope: KEY },
  ]);
  expect(keys[1]).not.toHaveProperty('plaintext');
  expect(await caught(client.encryptBatch([]))).toMatchObject({ code: 'invalid_request', status: 400 });
}

async function encryptsHere(client: KkpClient, token: string): Promise<void> {
  const context = { environment: 'test' };
  const dataKey = await client.createDataKey({ ...KEY, bytes: 64, associated_data: 'order 7' });
  expect(dataKey.plaintext).toHaveLength(64);
  const plaintext = new Uint8Array(3_000_000).map((_, index) => index);
  const sealed = await encryptBytes(dataKey, plaintext, { associatedData: 'file 1' });
  const open = client.dataKeyOpener({ token, context, expected_audience: 'billing' });
  const opened = await decryptBytes(open, sealed, { associatedData: 'file 1' });
  expect(Buffer.compare(opened, plaintext)).toBe(0);
  expect(await caught(decryptBytes(open, sealed))).toMatchObject({ code: 'stream_rejected' });
  const other = client.dataKeyOpener({ token, context: { environment: 'live' } });
  expect(await caught(decryptBytes(other, sealed))).toMatchObject({ code: 'policy_denied' });

  const rewrap = async (envelope: Envelope) => (await client.rewrap({ token, envelope, context })).envelope;
  const { output } = await run(rewrapStream(rewrap), [sealed]);
  expect(Buffer.compare(output, sealed)).not.toBe(0);
  const moved = await decryptBytes(open, output, { associatedData: 'file 1' });
  expect(Buffer.compare(moved, plaintext)).toBe(0);
}

async function survivesRotation(client: KkpClient, oldToken: string): Promise<void> {
  const { kid } = await client.rotate();
  const { token: newToken, kid: newKid } = await client.issueToken({ subject: 's', audience: 'a', ...KEY });
  expect(newKid).toBe(kid);
  const jwks = await client.fetchJwks();
  await verifyToken(oldToken, jwks);
  await verifyToken(newToken, jwks);
}

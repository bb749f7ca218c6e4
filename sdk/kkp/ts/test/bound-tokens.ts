import {
  type DpopAlgorithm,
  KkpClient,
  createRemoteJwks,
  decryptBytes,
  encryptBytes,
  generateDpopKey,
  jwkThumbprint,
  verifyToken,
} from '../src/index.js';
import { caught } from './support/caught.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };
const GRANT = { subject: 'orders-service', audience: 'billing', ...KEY };
const USES = ['decrypt', 'encrypt', 'rewrap', 'data_key'] as const;

/** Drives a KKP server with tokens that are bound to a key of this SDK; throws where they work for others, or not for us. */
export async function boundTokens(baseUrl: string, alg: DpopAlgorithm): Promise<void> {
  const key = await generateDpopKey(alg);
  const holder = new KkpClient({ baseUrl, dpop: { key } });
  const { token } = await holder.issueToken({ ...GRANT, ops: USES });
  const claims = await verifyToken(token, createRemoteJwks(`${baseUrl}/keys/jwks`), {
    extraClaims: ['ops', 'cnf'],
  });
  expect(claims).toMatchObject({ ops: USES, cnf: { jkt: await jwkThumbprint(key.publicJwk) } });
  await worksForItsHolder(holder, token);
  await worksForNobodyElse(baseUrl, alg, token, holder);
  await isLimited(holder);
}

async function worksForItsHolder(client: KkpClient, token: string): Promise<void> {
  const { envelope } = await client.encrypt({ ...KEY, token, plaintext: 'attack at dawn' });
  const moved = await client.rewrap({ token, envelope });
  for (const each of [envelope, moved.envelope])
    expect(await client.decrypt({ token, envelope: each })).toMatchObject({ plaintext: 'attack at dawn' });
  const dataKey = await client.createDataKey({ ...KEY, token });
  const sealed = await encryptBytes(dataKey, 'a file');
  const opened = await decryptBytes(client.dataKeyOpener({ token }), sealed);
  expect(new TextDecoder().decode(opened)).toBe('a file');
  const items = [envelope, moved.envelope].map((each) => ({ token, envelope: each }));
  expect(await client.decryptBatch(items)).toMatchObject(items.map(() => ({ plaintext: 'attack at dawn' })));
  expect(await client.rewrapBatch(items)).toMatchObject(items.map(() => ({ envelope: KEY })));
  expect(await client.encryptBatch([{ ...KEY, token, plaintext: 'x' }])).toMatchObject([{ envelope: KEY }]);
  expect(await client.createDataKeyBatch([{ ...KEY, token }])).toMatchObject([{ envelope: KEY }]);
}

async function worksForNobodyElse(
  baseUrl: string,
  alg: DpopAlgorithm,
  token: string,
  holder: KkpClient,
): Promise<void> {
  const { envelope } = await holder.encrypt({ ...KEY, plaintext: 'x' });
  const thief = { key: await generateDpopKey(alg) };
  const without = new KkpClient({ baseUrl });
  const withAnother = new KkpClient({ baseUrl, dpop: thief });
  const late = new KkpClient({ baseUrl, dpop: { ...thief, now: () => Date.now() - 120_000 } });
  for (const [client, code] of [
    [without, 'invalid_token'],
    [withAnother, 'invalid_token'],
    [late, 'invalid_dpop_proof'],
  ] as const) {
    for (const call of [
      client.decrypt({ token, envelope }),
      client.rewrap({ token, envelope }),
      client.encrypt({ ...KEY, token, plaintext: 'x' }),
      client.createDataKey({ ...KEY, token }),
    ])
      expect(await caught(call)).toMatchObject({ name: 'KkpApiError', code, status: 401 });
  }
  const { token: theirs } = await withAnother.issueToken(GRANT);
  expect(await caught(holder.decrypt({ token: theirs, envelope }))).toMatchObject({ code: 'invalid_token' });
}

/** The same randomness makes the same jti: the server has seen it. */
export async function replaysAreRefused(baseUrl: string): Promise<void> {
  const dpop = { key: await generateDpopKey(), randomBytes: (length: number) => new Uint8Array(length) };
  const client = new KkpClient({ baseUrl, dpop });
  const { token } = await client.issueToken(GRANT);
  const { envelope } = await client.encrypt({ ...KEY, plaintext: 'x' });
  await client.decrypt({ token, envelope });
  expect(await caught(client.decrypt({ token, envelope }))).toMatchObject({
    code: 'invalid_dpop_proof',
    message: 'The proof was used before: make a new one for each request.',
  });
}

async function isLimited(client: KkpClient): Promise<void> {
  const { envelope } = await client.encrypt({ ...KEY, plaintext: 'x' });
  const { token: sealing } = await client.issueToken({ ...GRANT, ops: ['encrypt'] });
  expect(await caught(client.decrypt({ token: sealing, envelope }))).toMatchObject({ code: 'policy_denied' });
  const opening = await client.issueToken({ ...GRANT, ops: ['decrypt'] });
  const seal = { ...KEY, token: opening.token, plaintext: 'x' };
  expect(await caught(client.encrypt(seal))).toMatchObject({ code: 'policy_denied' });
  const soon = Math.floor(Date.now() / 1000) + 60;
  const { token: later } = await client.issueToken({ ...GRANT, not_before: soon });
  expect(await caught(client.decrypt({ token: later, envelope }))).toMatchObject({ code: 'invalid_token' });
  for (const request of [{ ops: [] }, { not_before: 1 }, { cnf: { jkt: 'x' } }])
    expect(await caught(client.issueToken({ ...GRANT, ...request }))).toMatchObject({
      code: 'invalid_request',
    });
}

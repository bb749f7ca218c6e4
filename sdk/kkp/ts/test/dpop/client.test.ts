import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { EmbeddedJWK, calculateJwkThumbprint, decodeProtectedHeader, jwtVerify } from 'jose';
import {
  type DpopAlgorithm,
  type DpopKey,
  type DpopOptions,
  type KkpClientOptions,
  KkpApiError,
  KkpClient,
  KkpCredentialsError,
  KkpTimeoutError,
  generateDpopKey,
  importDpopKey,
  jwkThumbprint,
} from '../../src/index.js';
import { caught } from '../support/caught.js';
import { type TestServer, json, problem, startServer } from '../support/server.js';
import { CLAIMS, NOW, NOW_MS, makeKey } from '../support/tokens.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };
const GRANT = { subject: 's', audience: 'a', ...KEY };
const ENVELOPE = { ...KEY, ciphertext: 'AAAA', nonce: 'BBBB', encrypted_data_key: 'CCCC' };
const OPENED = json({ plaintext: 'x', claims: CLAIMS });
const SEALED = json({ envelope: ENVELOPE });
const DATA_KEY = json({ envelope: ENVELOPE, plaintext_base64: 'A'.repeat(43) });

const issuer = makeKey('k1');
let server: TestServer;
let key: DpopKey;
let bound: string;
let other: string;
const free = issuer.sign();
const certified = issuer.sign({ cnf: { 'x5t#S256': 'A'.repeat(43) } });

beforeAll(async () => {
  key = await generateDpopKey();
  const jkt = await jwkThumbprint(key.publicJwk);
  [bound, other] = [issuer.sign({ cnf: { jkt } }), issuer.sign({ sub: 'other', cnf: { jkt } })];
});
beforeEach(async () => {
  server = await startServer();
  server.answer = OPENED;
});
afterEach(() => server.close());

const clientWith = (dpop: Partial<DpopOptions> = {}, options: Partial<KkpClientOptions> = {}) =>
  new KkpClient({ baseUrl: server.url, dpop: { key, now: () => NOW_MS + 999, ...dpop }, ...options });
/** Of the last request: its headers that say who asks and its body. */
const sent = () => {
  const { headers, body } = server.seen.at(-1)!;
  const { authorization, dpop, 'x-api-key': apiKey } = headers;
  return { authorization, dpop: dpop as string | undefined, apiKey, body };
};
const verified = (proof: string | undefined) =>
  jwtVerify(proof!, EmbeddedJWK, { typ: 'dpop+jwt', currentDate: new Date(NOW_MS) });

describe('issueToken of a client with a DPoP key', () => {
  const issued = json({ token: 'a.b.c', expires_at: 1, kid: 'k' });
  beforeEach(() => (server.answer = issued));

  it('asks for a token that is bound to it, and shows no proof', async () => {
    await clientWith().issueToken({ ...GRANT, ops: ['decrypt', 'encrypt'], not_before: NOW });
    const cnf = { jkt: await calculateJwkThumbprint(key.publicJwk) };
    expect(sent().body).toEqual({ ...GRANT, ops: ['decrypt', 'encrypt'], not_before: NOW, cnf });
    expect(sent()).toMatchObject({ authorization: undefined, dpop: undefined });
  });

  it.each([{ jkt: 'B'.repeat(43) }, { 'x5t#S256': 'B'.repeat(43) }])(
    'asks for %j where told',
    async (cnf) => {
      await clientWith().issueToken({ ...GRANT, cnf });
      expect(sent().body).toEqual({ ...GRANT, cnf });
    },
  );

  it('asks for nothing of the kind without a key', async () => {
    await new KkpClient({ baseUrl: server.url }).issueToken(GRANT);
    expect(sent().body).toEqual(GRANT);
  });
});

describe.each<DpopAlgorithm>(['ES256', 'EdDSA'])('a token that is bound to a key of %s', (alg) => {
  it('is shown by the scheme DPoP, with a proof as RFC 9449 has it', async () => {
    const own = await generateDpopKey(alg);
    const token = issuer.sign({ cnf: { jkt: await jwkThumbprint(own.publicJwk) } });
    const baseUrl = `${server.url}/kkp/`;
    await clientWith({ key: own }, { baseUrl }).decrypt({ token, envelope: ENVELOPE, context: { a: 1 } });
    const { authorization, dpop, body } = sent();
    expect(authorization).toBe(`DPoP ${token}`);
    expect(body).toEqual({ envelope: ENVELOPE, context: { a: 1 } });
    const { payload, protectedHeader } = await verified(dpop);
    expect(protectedHeader).toEqual({ typ: 'dpop+jwt', alg, jwk: own.publicJwk });
    expect(payload).toEqual({
      jti: expect.stringMatching(/^[\w-]{22}$/) as string,
      htm: 'POST',
      htu: `${server.url}/kkp/envelope/decrypt`,
      iat: NOW,
      ath: createHash('sha256').update(token).digest('base64url'),
    });
  });
});

describe('a bound token', () => {
  it.each<[string, typeof OPENED, (client: KkpClient) => Promise<unknown>]>([
    ['envelope/decrypt', OPENED, (client) => client.decrypt({ token: bound, envelope: ENVELOPE })],
    ['envelope/rewrap', SEALED, (client) => client.rewrap({ token: bound, envelope: ENVELOPE, key_id: 'k' })],
    ['envelope/encrypt', SEALED, (client) => client.encrypt({ token: bound, ...KEY, plaintext: 'x' })],
    ['datakey', DATA_KEY, (client) => client.createDataKey({ token: bound, ...KEY })],
    [
      'envelope/decrypt/batch',
      json({ results: [1, 2].map(() => ({ status: 200, body: { plaintext: 'x', claims: CLAIMS } })) }),
      (client) => client.decryptBatch([1, 2].map(() => ({ token: bound, envelope: ENVELOPE }))),
    ],
    [
      'envelope/rewrap/batch',
      json({ results: [{ status: 200, body: { envelope: ENVELOPE } }] }),
      (client) => client.rewrapBatch([{ token: bound, envelope: ENVELOPE }]),
    ],
    [
      'envelope/encrypt/batch',
      json({ results: [{ status: 200, body: { envelope: ENVELOPE } }] }),
      (client) => client.encryptBatch([{ token: bound, ...KEY, plaintext: 'x' }]),
    ],
    [
      'datakey/batch',
      json({ results: [{ status: 200, body: { envelope: ENVELOPE, plaintext_base64: 'A'.repeat(43) } }] }),
      (client) => client.createDataKeyBatch([{ token: bound, ...KEY }]),
    ],
  ])('goes to /%s in the header, with a proof for that URL', async (path, answer, call) => {
    server.answer = answer;
    await call(clientWith());
    expect(sent().authorization).toBe(`DPoP ${bound}`);
    expect(JSON.stringify(sent().body)).not.toContain('"token"');
    expect((await verified(sent().dpop)).payload).toMatchObject({ htu: `${server.url}/${path}` });
  });

  it('has a proof of its own in each request', async () => {
    const client = clientWith();
    const proofs = new Set<string>();
    for (let count = 0; count < 3; count++) {
      await client.decrypt({ token: bound, envelope: ENVELOPE });
      proofs.add(String((await verified(sent().dpop)).payload.jti));
    }
    expect(proofs.size).toBe(3);
  });

  it('is shown with randomness and time that are given', async () => {
    const randomBytes = (length: number) => new Uint8Array(length).fill(255);
    await clientWith({ randomBytes, now: () => 1000 }).decrypt({ token: bound, envelope: ENVELOPE });
    const [, payload = ''] = sent().dpop!.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      jti: '_____________________w',
      iat: 1,
    });
  });

  it('opens data keys', async () => {
    server.answer = json({ plaintext_base64: 'AA', claims: CLAIMS });
    expect(await clientWith().dataKeyOpener({ token: bound })(ENVELOPE)).toEqual(Uint8Array.of(0));
    expect(sent().authorization).toBe(`DPoP ${bound}`);
  });

  it('stays in the body, beside its proof, where the header has a bearer credential', async () => {
    for (const options of [{ credentials: 'caller' }, { headers: { Authorization: 'Bearer caller' } }]) {
      await clientWith({}, options).decrypt({ token: bound, envelope: ENVELOPE });
      expect(sent()).toMatchObject({ authorization: 'Bearer caller', body: { token: bound } });
      await verified(sent().dpop);
    }
  });

  it('goes into the header beside an API key', async () => {
    await clientWith({}, { credentials: { apiKey: 'k' } }).decrypt({ token: bound, envelope: ENVELOPE });
    expect(sent()).toMatchObject({ authorization: `DPoP ${bound}`, apiKey: 'k' });
  });

  it('is shown as it is by a client without a key, for the server to refuse', async () => {
    await new KkpClient({ baseUrl: server.url }).decrypt({ token: bound, envelope: ENVELOPE });
    expect(sent()).toMatchObject({ authorization: undefined, dpop: undefined, body: { token: bound } });
  });
});

describe('a token that is bound to no DPoP key', () => {
  it.each([
    ['nothing', () => free],
    ['a certificate', () => certified],
    ['what is no JSON', () => 'a.b.c'],
    ['what is no token', () => ''],
    ['a cnf that is a list', () => issuer.sign({ cnf: ['jkt'] as never })],
  ])('but to %s has no proof, and stays in the body', async (_, token) => {
    await clientWith().decrypt({ token: token(), envelope: ENVELOPE });
    expect(sent()).toMatchObject({ authorization: undefined, dpop: undefined, body: { token: token() } });
  });

  it.each([true, false])(
    'is a bearer token where the header alone takes one (with a key: %p)',
    async (has) => {
      server.answer = SEALED;
      const client = has ? clientWith() : new KkpClient({ baseUrl: server.url });
      await client.encrypt({ token: free, ...KEY, plaintext: Uint8Array.of(1) });
      expect(sent()).toMatchObject({ authorization: `Bearer ${free}`, dpop: undefined });
      expect(sent().body).toEqual({ ...KEY, plaintext_base64: 'AQ' });
    },
  );
});

describe('no proof is made', () => {
  it.each<[string, unknown, (client: KkpClient) => Promise<unknown>]>([
    ['to encrypt without a token', { envelope: ENVELOPE }, (c) => c.encrypt({ ...KEY, plaintext: 'x' })],
    ['to rewrap without a token', { envelope: ENVELOPE }, (c) => c.rewrap({ envelope: ENVELOPE })],
    ['to rotate', { kid: 'k', expires_at: 1 }, (c) => c.rotate()],
    ['to revoke', { rule: {}, expires_at: 1 }, (c) => c.revoke({ jti: 'j' })],
    ['to introspect, which shows no token but asks about one', { active: false }, (c) => c.introspect(bound)],
    ['for public keys', { keys: [] }, (c) => c.fetchJwks()],
  ])('%s', async (_, answer, call) => {
    server.answer = json(answer);
    await call(clientWith());
    expect(sent()).toMatchObject({ authorization: undefined, dpop: undefined });
  });
});

describe('nothing is sent', () => {
  afterEach(() => expect(server.seen).toEqual([]));

  it.each<[string, () => (string | undefined)[]]>([
    ['two bound tokens', () => [bound, other]],
    ['a bound and a free token', () => [bound, free]],
    ['a free and a bound token', () => [free, bound]],
    ['a bound token and none', () => [bound, undefined]],
  ])('of a batch with %s: one proof is for one token', async (_, tokens) => {
    const items = tokens().map((token) => ({ envelope: ENVELOPE, ...(token !== undefined && { token }) }));
    const error = await caught(clientWith().rewrapBatch(items));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/same token/);
  });

  it.each<[string, () => (string | undefined)[]]>([
    ['two tokens', () => [free, certified]],
    ['a token and none', () => [free, undefined]],
  ])('of a batch to encrypt with %s: one header is for one token', async (_, tokens) => {
    const client = new KkpClient({ baseUrl: server.url });
    const items = tokens().map((token) => ({
      ...KEY,
      plaintext: 'x',
      ...(token !== undefined && { token }),
    }));
    expect(await caught(client.encryptBatch(items))).toBeInstanceOf(TypeError);
  });

  it.each<[string, Partial<KkpClientOptions>]>([
    ['a bearer credential', { credentials: 'caller' }],
    ['a function for one', { credentials: () => 'caller' }],
    ['a header of its own', { headers: { authorization: 'Basic eDp5' } }],
  ])('to encrypt with a token, where the header has %s', async (_, options) => {
    for (const token of [free, bound]) {
      const error = await caught(clientWith({}, options).encrypt({ token, ...KEY, plaintext: 'x' }));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/Authorization header/);
    }
  });

  it.each(['a b', 'a\r\nX-Admin: 1', '', 'café', 7])('to encrypt with the token %j', async (token) => {
    const error = await caught(clientWith().encrypt({ token: token as string, ...KEY, plaintext: 'x' }));
    expect(error).toBeInstanceOf(TypeError);
    if (token !== '') expect(String(error)).not.toContain(String(token));
  });

  it('where the key fails', async () => {
    const cause = new Error('no card');
    const failing = { ...key, sign: () => Promise.reject(cause) };
    const error = await caught(clientWith({ key: failing }).decrypt({ token: bound, envelope: ENVELOPE }));
    expect(error).toBeInstanceOf(KkpCredentialsError);
    expect(error).toMatchObject({ code: 'no_credentials', cause });
  });

  it.each<[string, unknown]>([
    ['a signature in DER', new Uint8Array(70)],
    ['no bytes', 'A'.repeat(64)],
    ['nothing', undefined],
  ])('where the key gives %s', async (_, signature) => {
    const odd = { ...key, sign: () => Promise.resolve(signature as Uint8Array) };
    const error = await caught(clientWith({ key: odd }).decrypt({ token: bound, envelope: ENVELOPE }));
    expect(error).toBeInstanceOf(KkpCredentialsError);
  });

  it('where the key does not answer in time', async () => {
    const slow = { ...key, sign: () => new Promise<never>(() => undefined) };
    const client = clientWith({ key: slow }, { timeoutMs: 30 });
    expect(await caught(client.decrypt({ token: bound, envelope: ENVELOPE }))).toBeInstanceOf(
      KkpTimeoutError,
    );
  });

  it.each([NaN, Infinity, undefined])('where the clock says %p', async (time) => {
    const client = clientWith({ now: () => time! });
    const error = await caught(client.decrypt({ token: bound, envelope: ENVELOPE }));
    expect(error).toMatchObject({ code: 'no_credentials', cause: expect.any(RangeError) as RangeError });
  });
});

describe('the option dpop', () => {
  it.each<[string, () => unknown]>([
    ['nothing in it', () => null],
    ['no key', () => ({})],
    ['a key without its public half', () => ({ key: { alg: 'ES256', sign: key.sign } })],
    ['a key that cannot sign', () => ({ key: { ...key, sign: undefined } })],
    [
      'a public half that lacks a coordinate',
      () => ({ key: { ...key, publicJwk: { kty: 'EC', crv: 'P-256' } } }),
    ],
    ['an alg of another type of key', () => ({ key: { ...key, alg: 'EdDSA' } })],
    ['no alg', () => ({ key: { ...key, alg: undefined } })],
  ])('is refused with %s', (_, dpop) => {
    expect(() => new KkpClient({ baseUrl: server.url, dpop: dpop() as DpopOptions })).toThrow(TypeError);
  });

  it('is refused beside a proof among the headers', () => {
    expect(() => clientWith({}, { headers: { dpop: 'x' } })).toThrow(/^headers must not hold/);
  });

  it('puts nothing private into a proof, whatever its key holds', async () => {
    const leaky = { ...key, publicJwk: { ...key.publicJwk, d: 'SECRET', kid: 'k' } };
    await clientWith({ key: leaky }).decrypt({ token: bound, envelope: ENVELOPE });
    expect(decodeProtectedHeader(sent().dpop!).jwk).toEqual(key.publicJwk);
  });

  it('shows no secret in the client or in an error', async () => {
    const { d } = (await crypto.subtle.exportKey(
      'jwk',
      (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])).privateKey,
    )) as { d: string };
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: makeKey('k').jwk.x, d } as const;
    const error = await caught(importDpopKey(jwk));
    expect(inspect([clientWith(), error], { depth: 9, showHidden: true })).not.toContain(d);
  });
});

it('a proof that the server refuses becomes a KkpApiError that says so', async () => {
  server.answer = problem(401, 'invalid_dpop_proof');
  const error = await caught(clientWith().decrypt({ token: bound, envelope: ENVELOPE }));
  expect(error).toBeInstanceOf(KkpApiError);
  expect(error).toMatchObject({
    code: 'invalid_dpop_proof',
    status: 401,
    message: 'The reason of invalid_dpop_proof.',
  });
});

import { EmbeddedJWK, jwtVerify } from 'jose';
import {
  type DpopKey,
  KkpClient,
  KkpCredentialsError,
  KkpProtocolError,
  generateDpopKey,
  jwkThumbprint,
} from '../../src/index.js';
import { caught } from '../support/caught.js';
import { type TestServer, json, raw, startServer } from '../support/server.js';
import { NOW, NOW_MS, makeKey } from '../support/tokens.js';

const KEY = { backend: 'aws', key_id: 'alias/a' };
const GRANTED = {
  access_token: 'a.b.c',
  token_type: 'DPoP',
  expires_in: 300,
  authorization_details: [{ type: 'kkp_key', ...KEY }],
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

let server: TestServer;
let key: DpopKey;
let client: KkpClient;
const issuer = makeKey('k1');

beforeAll(async () => (key = await generateDpopKey()));
beforeEach(async () => {
  server = await startServer();
  server.answer = json(GRANTED);
  client = new KkpClient({ baseUrl: `${server.url}/kkp`, dpop: { key, now: () => NOW_MS } });
});
afterEach(() => server.close());

const grant = (one = client) => one.grantToken({ audience: 'a', ...KEY });
const exchange = (subject_token: string) => client.exchangeToken({ subject_token });
const proof = async () => {
  const text = server.seen.at(-1)!.headers.dpop as string;
  const options = { typ: 'dpop+jwt', currentDate: new Date(NOW_MS) };
  return (await jwtVerify(text, EmbeddedJWK, options)).payload;
};
const ath = async (token: string) =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(token))).toString('base64url');

describe('a client with a DPoP key', () => {
  it('proves it when it asks for a token', async () => {
    expect(await grant()).toMatchObject({ token_type: 'DPoP' });
    expect(await proof()).toEqual({
      jti: expect.stringMatching(/^[\w-]{22}$/) as string,
      htm: 'POST',
      htu: `${server.url}/kkp/oauth/token`,
      iat: NOW,
    });
  });

  it('has a proof beside a bearer credential too, and another one each time', async () => {
    const dpop = { key, now: () => NOW_MS };
    const both = new KkpClient({ baseUrl: server.url, credentials: 'bearer', dpop });
    await grant(both);
    await grant(both);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer bearer',
      'Bearer bearer',
    ]);
    expect(new Set(server.seen.map(({ headers }) => headers.dpop)).size).toBe(2);
  });

  it('proves it for the token that it exchanges, where that is bound', async () => {
    const token = issuer.sign({ cnf: { jkt: await jwkThumbprint(key.publicJwk) } });
    await exchange(token);
    expect(await proof()).toMatchObject({ ath: await ath(token), htm: 'POST' });
  });

  it.each([
    ['nothing', issuer.sign()],
    ['a certificate', issuer.sign({ cnf: { 'x5t#S256': 'A'.repeat(43) } })],
    ['who knows what', 'no token'],
  ])('proves it for the new token alone, where the old one is bound to %s', async (_, token) => {
    await exchange(token);
    expect(await proof()).not.toHaveProperty('ath');
  });

  it('takes no token that is not bound', async () => {
    server.answer = json({ ...GRANTED, token_type: 'Bearer' });
    for (const call of [grant(), exchange('a.b.c')])
      expect(await caught(call)).toBeInstanceOf(KkpProtocolError);
  });

  it('sends nothing when the key fails', async () => {
    const broken = { ...key, sign: () => Promise.reject(new Error('hsm')) };
    const failing = new KkpClient({ baseUrl: server.url, dpop: { key: broken } });
    expect(await caught(grant(failing))).toBeInstanceOf(KkpCredentialsError);
    expect(server.seen).toEqual([]);
  });

  it('proves nothing to take a token back', async () => {
    server.answer = raw('');
    await client.revokeToken('a.b.c');
    expect(server.seen[0]!.headers.dpop).toBeUndefined();
  });
});

it('a client without one has no proof', async () => {
  server.answer = json({ ...GRANTED, token_type: 'Bearer' });
  await grant(new KkpClient({ baseUrl: server.url }));
  expect(server.seen[0]!.headers.dpop).toBeUndefined();
});

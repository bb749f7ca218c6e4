import { KeySetError, KkpApiError, KkpClient, KkpProtocolError } from '../src/index.js';
import { caught } from './support/caught.js';
import { type TestServer, json, problem, raw, startServer } from './support/server.js';
import { CLAIMS, makeKey } from './support/tokens.js';

const TOKEN = 'header.payload.SECRET-TOKEN';
const ENVELOPE = {
  backend: 'aws',
  key_id: 'alias/a',
  ciphertext: 'AAAA',
  nonce: 'BBBB',
  encrypted_data_key: 'CCCC',
  associated_data: 'order 7',
};
const ISSUE = { subject: 's', audience: 'a', backend: 'aws', key_id: 'alias/a' };
const SEAL = { backend: 'aws', key_id: 'alias/a', plaintext: 'SECRET-TEXT' };
const OPEN = { token: TOKEN, envelope: ENVELOPE };

let server: TestServer;
let client: KkpClient;

beforeEach(async () => {
  server = await startServer();
  client = new KkpClient({ baseUrl: server.url });
});
afterEach(() => server.close());

describe('issueToken', () => {
  it('posts the request as it is and returns the members of the answer', async () => {
    server.answer = json({ token: TOKEN, expires_at: 1_700_000_300, kid: 'k1', later_member: 1 });
    const request = { ...ISSUE, ttl_seconds: 60, policy_claims: { a: [1] }, request_context: { b: 'c' } };
    expect(await client.issueToken(request)).toEqual({ token: TOKEN, expires_at: 1_700_000_300, kid: 'k1' });
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/token', body: request }]);
    expect(server.seen[0]!.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/json',
    });
  });
});

describe('encrypt', () => {
  it('sends text as plaintext', async () => {
    server.answer = json({ envelope: ENVELOPE });
    const request = { ...SEAL, associated_data: 'order 7', policy_context: { a: 1 } };
    expect(await client.encrypt(request)).toEqual({ envelope: ENVELOPE });
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/envelope/encrypt', body: request }]);
  });

  it.each([
    ['no bytes', new Uint8Array(), ''],
    ['bytes of both special characters', Uint8Array.of(0xfb, 0xff, 0xfe), '-__-'],
    ['bytes that would be padded', Uint8Array.of(0xff), '_w'],
    ['a view into a larger buffer', Uint8Array.of(1, 2, 3, 4).subarray(1, 3), 'AgM'],
  ])('sends %s as plaintext_base64', async (_, plaintext, plaintext_base64) => {
    server.answer = json({ envelope: ENVELOPE });
    await client.encrypt({ ...SEAL, plaintext });
    expect(server.seen[0]!.body).toEqual({ backend: 'aws', key_id: 'alias/a', plaintext_base64 });
  });

  it('returns an envelope without associated data', async () => {
    const envelope = omit(ENVELOPE, 'associated_data');
    server.answer = json({ envelope });
    expect(await client.encrypt(SEAL)).toEqual({ envelope });
  });
});

describe('decrypt', () => {
  it('returns text', async () => {
    server.answer = json({ plaintext: 'grüße', claims: CLAIMS });
    const request = { ...OPEN, expected_audience: 'billing', context: { environment: 'test' } };
    expect(await client.decrypt(request)).toEqual({ plaintext: 'grüße', claims: CLAIMS });
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/envelope/decrypt', body: request }]);
  });

  it('returns bytes when base64 is asked for', async () => {
    server.answer = json({ plaintext_base64: '-__-', claims: CLAIMS });
    const { plaintext } = await client.decrypt({ ...OPEN, encoding: 'base64' });
    expect(plaintext).toEqual(Uint8Array.of(0xfb, 0xff, 0xfe));
    expect(server.seen[0]!.body).toMatchObject({ encoding: 'base64' });
  });

  it('returns claims that hold extra members and 32 levels', async () => {
    const deep = JSON.parse('{"a":'.repeat(30) + '{}' + '}'.repeat(30)) as Record<string, unknown>;
    const claims = { ...CLAIMS, iss: 'kkp', policy_claims: deep };
    server.answer = json({ plaintext: '', claims });
    expect(await client.decrypt(OPEN)).toEqual({ plaintext: '', claims });
  });
});

describe('fetchJwks', () => {
  it('returns the Ed25519 keys with their members', async () => {
    const { jwk } = makeKey('k1');
    const bare = { kty: 'OKP', crv: 'Ed25519', kid: 'k2', x: makeKey('k2').jwk.x };
    server.answer = json({ keys: [{ ...jwk, later_member: 1 }, { kty: 'RSA', kid: 'r' }, bare] });
    expect(await client.fetchJwks()).toEqual({ keys: [jwk, bare] });
    expect(server.seen).toMatchObject([{ method: 'GET', url: '/keys/jwks', body: undefined }]);
  });

  it.each(['application/jwk-set+json; charset=utf-8', 'application/json', 'Application/JSON ;charset=utf-8'])(
    'reads an answer of type %s',
    async (type) => {
      server.answer = raw('{"keys":[]}', 200, { 'content-type': type });
      expect(await client.fetchJwks()).toEqual({ keys: [] });
    },
  );

  it('throws KeySetError for a key that must not be trusted', async () => {
    server.answer = json({ keys: [{ ...makeKey('k1').jwk, d: 'AAAA' }] });
    expect(await caught(client.fetchJwks())).toBeInstanceOf(KeySetError);
  });
});

describe('rotate', () => {
  it('returns the new key', async () => {
    server.answer = json({ kid: 'k2', expires_at: 1_700_001_800 }, 201);
    expect(await client.rotate()).toEqual({ kid: 'k2', expires_at: 1_700_001_800 });
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/keys/rotate', body: {} }]);
  });
});

describe('options', () => {
  it.each(['/kkp', '/kkp/', '/kkp//'])('keeps the path %s of baseUrl', async (path) => {
    server.answer = json({ keys: [] });
    await new KkpClient({ baseUrl: server.url + path }).fetchJwks();
    expect(server.seen[0]!.url).toBe('/kkp/keys/jwks');
  });

  it('sends its headers with each call, but not over its own', async () => {
    server.answer = json({ keys: [] });
    const headers = { Authorization: 'Bearer x', Accept: 'text/html' };
    await new KkpClient({ baseUrl: new URL(server.url), headers }).fetchJwks();
    expect(server.seen[0]!.headers).toMatchObject({ authorization: 'Bearer x', accept: 'application/json' });
  });

  it('uses the fetch it is given', async () => {
    const urls: string[] = [];
    const fetch = (url: string) => {
      urls.push(url);
      return Promise.resolve(Response.json({ keys: [] }));
    };
    await new KkpClient({ baseUrl: 'https://kkp.example', fetch }).fetchJwks();
    expect(urls).toEqual(['https://kkp.example/keys/jwks']);
  });

  it.each([
    'kkp.example',
    '',
    'ftp://kkp.example',
    'https://user@kkp.example',
    'https://:pass@kkp.example',
    'https://kkp.example/?a=1',
    'https://kkp.example/#a',
  ])('refuses the baseUrl %j', (baseUrl) => {
    expect(() => new KkpClient({ baseUrl })).toThrow(TypeError);
  });

  it.each([0, -1, 1.5, NaN, Infinity, 2 ** 31])('refuses a timeout of %d', async (timeoutMs) => {
    expect(() => new KkpClient({ baseUrl: server.url, timeoutMs })).toThrow(RangeError);
    expect(await caught(client.rotate({ timeoutMs }))).toBeInstanceOf(RangeError);
    expect(server.seen).toEqual([]);
  });
});

describe('error answers', () => {
  it.each([
    [400, 'invalid_request'],
    [413, 'invalid_request'],
    [400, 'envelope_error'],
    [502, 'kms_error'],
    [401, 'invalid_token'],
    [401, 'invalid_dpop_proof'],
    [403, 'policy_denied'],
    [404, 'not_found'],
    [405, 'method_not_allowed'],
    [429, 'rate_limited'],
    [500, 'internal_error'],
  ])('%d %s becomes a KkpApiError', async (status, code) => {
    server.answer = problem(status, code);
    const error = await caught(client.decrypt(OPEN));
    expect(error).toBeInstanceOf(KkpApiError);
    expect(error).toMatchObject({ status, code, message: `The reason of ${code}.`, instance: 'urn:uuid:1' });
  });

  it.each([
    ['17', 17],
    ['0', 0],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
    ['1e3', undefined],
  ])('reads Retry-After %j as %p seconds', async (text, retryAfterSeconds) => {
    server.answer = problem(429, 'rate_limited', { 'retry-after': text });
    expect(await caught(client.rotate())).toMatchObject({ code: 'rate_limited', retryAfterSeconds });
  });

  it.each([
    ['an HTML page', raw('<h1>Bad Gateway</h1>', 502, { 'content-type': 'text/html' })],
    ['an empty body', raw('', 502)],
    ['JSON cut short', raw('{"error":"kms_', 502, { 'content-type': 'application/json' })],
    ['JSON of another service', json({ error: { code: 7 }, message: 'x' }, 502)],
    [
      'KKP JSON under another type',
      raw('{"error":"kms_error","message":"x"}', 502, { 'content-type': 'text/plain' }),
    ],
  ])('%s becomes unknown_error with its status', async (_, answer) => {
    server.answer = answer;
    const error = await caught(client.rotate());
    expect(error).toBeInstanceOf(KkpApiError);
    expect(error).toMatchObject({
      status: 502,
      code: 'unknown_error',
      message: 'The server answered 502 without saying why.',
      instance: undefined,
    });
  });

  it('gives a code that this SDK does not know as unknown_error, with its message', async () => {
    server.answer = problem(418, 'teapot');
    expect(await caught(client.rotate())).toMatchObject({
      code: 'unknown_error',
      message: 'The reason of teapot.',
    });
  });
});

describe('answers of another shape', () => {
  const issued = { token: TOKEN, expires_at: 1, kid: 'k' };
  const opened = { plaintext: 'SECRET-TEXT', claims: CLAIMS };
  const calls: [string, unknown, () => Promise<unknown>][] = [
    ['an array', [issued], () => client.issueToken(ISSUE)],
    ['a token that is a number', { ...issued, token: 1 }, () => client.issueToken(ISSUE)],
    ['expires_at as text', { ...issued, expires_at: '1' }, () => client.issueToken(ISSUE)],
    ['expires_at not whole', { ...issued, expires_at: 1.5 }, () => client.issueToken(ISSUE)],
    ['no kid', { ...issued, kid: undefined }, () => client.issueToken(ISSUE)],
    ['no envelope', {}, () => client.encrypt(SEAL)],
    ['an envelope without nonce', { envelope: omit(ENVELOPE, 'nonce') }, () => client.encrypt(SEAL)],
    [
      'associated data that is a number',
      { envelope: { ...ENVELOPE, associated_data: 1 } },
      () => client.encrypt(SEAL),
    ],
    ['no plaintext', { claims: CLAIMS }, () => client.decrypt(OPEN)],
    [
      'bytes where text was asked for',
      { plaintext_base64: 'AA', claims: CLAIMS },
      () => client.decrypt(OPEN),
    ],
    ['text where bytes were asked for', opened, () => client.decrypt({ ...OPEN, encoding: 'base64' })],
    [
      'plaintext_base64 with padding',
      { plaintext_base64: 'AA==', claims: CLAIMS },
      () => client.decrypt({ ...OPEN, encoding: 'base64' }),
    ],
    ['no claims', { plaintext: 'SECRET-TEXT' }, () => client.decrypt(OPEN)],
    ['claims without jti', { ...opened, claims: { ...CLAIMS, jti: undefined } }, () => client.decrypt(OPEN)],
    ['a kid that is null', { kid: null, expires_at: 1 }, () => client.rotate()],
    ['a rotation without expires_at', { kid: 'k' }, () => client.rotate()],
  ];

  it.each(calls)('%s becomes a KkpProtocolError that holds nothing of it', async (_, body, call) => {
    server.answer = json(body);
    const error = await caught(call());
    expect(error).toBeInstanceOf(KkpProtocolError);
    expect(String(error)).not.toContain('SECRET');
  });

  it.each([
    ['text', raw('fine', 200, { 'content-type': 'text/plain' })],
    ['JSON under another type', raw('{"keys":[]}', 200, { 'content-type': 'text/html' })],
    ['JSON under no type', raw('{"keys":[]}')],
    [
      'JSON under a type that only begins like it',
      raw('{"keys":[]}', 200, { 'content-type': 'application/jsonp' }),
    ],
    ['JSON with a name twice', raw('{"keys":[],"keys":[]}', 200, { 'content-type': 'application/json' })],
    [
      'JSON in UTF-16',
      raw(Buffer.from('{"keys":[]}', 'utf16le'), 200, { 'content-type': 'application/json' }),
    ],
    ['nothing', raw('', 200, { 'content-type': 'application/json' })],
  ])('%s becomes a KkpProtocolError', async (_, answer) => {
    server.answer = answer;
    expect(await caught(client.fetchJwks())).toBeInstanceOf(KkpProtocolError);
  });
});

function omit(object: object, name: string): object {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

import { proofMaker } from '../../support/dpop.js';
import { DETAILS, detailsOf, encodeForm, expectRefusal, postForm, type Form } from '../../support/form.js';
import { send, startServer, type Answer } from '../../support/server.js';
import { claimsOf, startOAuth, type OAuthServer } from './setup.js';

let server: OAuthServer;
beforeAll(async () => {
  server = await startOAuth({ settings: { publicUrl: 'https://kms.example/kkp/', callerTokens: 10_000 } });
});
afterAll(() => server.close());

const GOOD = { grant_type: 'client_credentials', audience: 'reports', authorization_details: DETAILS };
const ask = (form: Form | string | Buffer, headers: Record<string, string> = server.as('svc-billing')) =>
  postForm(server, '/oauth/token', form, headers);
const KEY = { backend: 'aws', key_id: 'alias/orders' };

describe('client_credentials', () => {
  it('is a token for the client itself, as POST /token issues it', async () => {
    const answer = await ask(GOOD);
    expect(answer.body).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 300,
      authorization_details: [{ type: 'kkp_key', ...KEY }],
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
    const claims = claimsOf(answer);
    expect(claims).toMatchObject({ sub: 'svc-billing', aud: 'reports', ...KEY, policy_claims: {} });
    expect(Object.keys(claims)).toHaveLength(8);
  });

  it('opens an envelope of its key', async () => {
    const headers = { 'content-type': 'application/json', 'x-api-key': server.keyOf('svc-billing') };
    const call = async (path: string, body: object) =>
      (
        await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
      ).json() as Promise<Record<string, unknown>>;
    const { envelope } = await call('/envelope/encrypt', { ...KEY, plaintext: 'attack at dawn' });
    const { access_token: token } = (await ask(GOOD)).body as { access_token: string };
    expect(await call('/envelope/decrypt', { token, envelope })).toMatchObject({
      plaintext: 'attack at dawn',
    });
  });

  it('has the operations, life and conditions that were asked for', async () => {
    const policy_claims = { environment: 'prod' };
    const answer = await ask({
      ...GOOD,
      scope: 'encrypt decrypt encrypt',
      ttl_seconds: '60',
      authorization_details: detailsOf({ backend: 'aws', key_id: 'k' }, { policy_claims }),
    });
    expect(answer.body).toMatchObject({
      scope: 'encrypt decrypt',
      expires_in: 60,
      authorization_details: [{ backend: 'aws', key_id: 'k', policy_claims }],
    });
    expect(claimsOf(answer)).toMatchObject({ ops: ['encrypt', 'decrypt'], policy_claims, key_id: 'k' });
  });

  it('is bound to the key of a proof', async () => {
    const client = await proofMaker();
    const dpop = await client.prove({ htm: 'POST', htu: 'https://kms.example/kkp/oauth/token' });
    const answer = await ask(GOOD, { ...server.as('svc-billing'), dpop });
    expect(answer.body).toMatchObject({ token_type: 'DPoP' });
    expect(claimsOf(answer).cnf).toEqual({ jkt: client.jkt });
    expectRefusal(await ask(GOOD, { ...server.as('svc-billing'), dpop }), 400, 'invalid_dpop_proof');
    const elsewhere = await client.prove({ htm: 'POST', htu: 'https://kms.example/oauth/token' });
    expectRefusal(
      await ask(GOOD, { ...server.as('svc-billing'), dpop: elsewhere }),
      400,
      'invalid_dpop_proof',
    );
  });

  it.each<[string, Form]>([
    ['the id of the client', { client_id: 'svc-billing' }],
    ['KKP for a resource', { resource: 'https://kms.example/kkp' }],
    ['KKP for a resource, spelt another way', { resource: 'HTTPS://KMS.example:443/kkp/' }],
    ['a parameter that nobody knows', { display: 'popup' }],
    ['empty parameters', { scope: '', resource: '', client_secret: '', ttl_seconds: '', subject_token: '' }],
  ])('may be asked for with %s', async (_name, more) => {
    expect((await ask({ ...GOOD, ...more })).status).toBe(200);
  });

  it.each<[string, Form, string]>([
    ['no grant', { grant_type: undefined }, 'invalid_request'],
    ['an empty grant', { grant_type: '' }, 'invalid_request'],
    ['another grant', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['a grant in capitals', { grant_type: 'CLIENT_CREDENTIALS' }, 'unsupported_grant_type'],
    ['no audience', { audience: undefined }, 'invalid_request'],
    ['two audiences', { audience: ['reports', 'payroll'] }, 'invalid_target'],
    ['the same audience twice', { audience: ['reports', 'reports'] }, 'invalid_target'],
    ['two grants', { grant_type: ['client_credentials', 'client_credentials'] }, 'invalid_request'],
    ['an unknown parameter twice', { display: ['a', 'b'] }, 'invalid_request'],
    ['a foreign resource', { resource: 'https://other.example/' }, 'invalid_target'],
    ['a resource below this one', { resource: 'https://kms.example/kkp/x' }, 'invalid_target'],
    ['a resource above this one', { resource: 'https://kms.example/' }, 'invalid_target'],
    ['a resource that is no URL', { resource: 'kms.example' }, 'invalid_target'],
    ['two resources', { resource: ['https://kms.example/kkp/', 'https://other.example/'] }, 'invalid_target'],
    ['an unknown operation', { scope: 'decrypt admin' }, 'invalid_scope'],
    ['an operation in capitals', { scope: 'Decrypt' }, 'invalid_scope'],
    ['a scope of a space', { scope: ' ' }, 'invalid_scope'],
    ['two spaces between operations', { scope: 'decrypt  encrypt' }, 'invalid_scope'],
    ['two scopes', { scope: ['decrypt', 'encrypt'] }, 'invalid_request'],
    ['a life of 0', { ttl_seconds: '0' }, 'invalid_request'],
    ['a life beyond the longest', { ttl_seconds: '901' }, 'invalid_request'],
    ['a life of a fraction', { ttl_seconds: '1.5' }, 'invalid_request'],
    ['a life in other notation', { ttl_seconds: '1e2' }, 'invalid_request'],
    ['a life in hexadecimal', { ttl_seconds: '0x10' }, 'invalid_request'],
    ['a negative life', { ttl_seconds: '-1' }, 'invalid_request'],
    ['a life in Arabic digits', { ttl_seconds: '٦٠' }, 'invalid_request'],
    ['a secret in the body', { client_secret: 'x' }, 'invalid_request'],
    ['an assertion in the body', { client_assertion: 'x' }, 'invalid_request'],
    ['no details', { authorization_details: undefined }, 'invalid_request'],
    ['details that are no JSON', { authorization_details: '[' }, 'invalid_authorization_details'],
    [
      'details that are no list',
      { authorization_details: DETAILS.slice(1, -1) },
      'invalid_authorization_details',
    ],
    ['no detail', { authorization_details: '[]' }, 'invalid_authorization_details'],
    ['a detail of null', { authorization_details: '[null]' }, 'invalid_authorization_details'],
    ['text for a detail', { authorization_details: '["kkp_key"]' }, 'invalid_authorization_details'],
    [
      'two details',
      {
        authorization_details: `[${[KEY, KEY].map((key) => JSON.stringify({ type: 'kkp_key', ...key })).join()}]`,
      },
      'invalid_authorization_details',
    ],
    ['details and more JSON', { authorization_details: `${DETAILS}[]` }, 'invalid_authorization_details'],
    [
      'a duplicate member',
      { authorization_details: DETAILS.replace('{', '{"key_id":"a",') },
      'invalid_authorization_details',
    ],
    [
      'a lone surrogate',
      { authorization_details: '[{"type":"kkp_key","backend":"aws","key_id":"\\ud800"}]' },
      'invalid_authorization_details',
    ],
    [
      'a prototype',
      { authorization_details: DETAILS.replace('{', '{"__proto__":{},') },
      'invalid_authorization_details',
    ],
    [
      'details of another type',
      { authorization_details: detailsOf(KEY, { type: 'other' }) },
      'invalid_authorization_details',
    ],
    ['details of no type', { authorization_details: JSON.stringify([KEY]) }, 'invalid_authorization_details'],
    [
      'details with more members',
      { authorization_details: detailsOf(KEY, { actions: ['x'] }) },
      'invalid_authorization_details',
    ],
    [
      'a number for a key',
      { authorization_details: detailsOf({ ...KEY, key_id: 7 }) },
      'invalid_authorization_details',
    ],
    [
      'a list of conditions',
      { authorization_details: detailsOf(KEY, { policy_claims: [] }) },
      'invalid_authorization_details',
    ],
    [
      'a number beyond 2^53',
      { authorization_details: DETAILS.replace('}', ',"policy_claims":{"n":9007199254740993}}') },
      'invalid_authorization_details',
    ],
    [
      'an unknown backend',
      { authorization_details: detailsOf({ backend: 'no', key_id: 'k' }) },
      'invalid_authorization_details',
    ],
    [
      'a backend by a prototype’s name',
      { authorization_details: detailsOf({ backend: 'constructor', key_id: 'k' }) },
      'invalid_authorization_details',
    ],
    ['an empty key', { authorization_details: detailsOf({ backend: 'aws', key_id: '' }) }, 'invalid_request'],
  ])('is refused with %s', async (_name, more, error) => {
    expectRefusal(await ask({ ...GOOD, ...more }), 400, error);
  });

  it.each<[string, () => Record<string, string>, Form]>([
    ['without a credential', () => ({}), {}],
    ['with the id of another client', () => server.as('svc-billing'), { client_id: 'admin' }],
    ['with the id of the client in capitals', () => server.as('svc-billing'), { client_id: 'SVC-BILLING' }],
    ['with an id and no credential', () => ({}), { client_id: 'svc-billing' }],
    ['with a key that is not good', () => ({ 'x-api-key': 'kkp_x' }), {}],
    ['with a credential of no known kind', () => ({ authorization: 'Digest x' }), {}],
  ])('is refused %s', async (_name, headers, more) => {
    expectRefusal(await ask({ ...GOOD, ...more }, headers()), 401, 'invalid_client');
  });

  it('names the scheme that the client has used (RFC 6749 section 5.2)', async () => {
    const wrong = await ask(GOOD, { authorization: 'Basic eDp5' });
    expect(wrong.headers.get('www-authenticate')).toBe('Basic realm="KKP", charset="UTF-8"');
    expect((await ask(GOOD, {})).headers.get('www-authenticate')).toBe('Bearer');
    const bad = await ask(GOOD, { authorization: 'Bearer x' });
    expect(bad.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('is refused to who shows a KKP token, which is no client’s credential', async () => {
    const { access_token: token } = (await ask(GOOD)).body as { access_token: string };
    expectRefusal(await ask(GOOD, { authorization: `Bearer ${token}` }), 401, 'invalid_client');
    const both = { authorization: `Bearer ${token}`, 'x-api-key': server.keyOf('svc-billing') };
    expectRefusal(await ask(GOOD, both), 401, 'invalid_client');
  });

  it('is refused with two credentials', async () => {
    const two = { ...server.as('svc-billing'), 'x-api-key': server.keyOf('svc-billing') };
    expectRefusal(await ask(GOOD, two), 400, 'invalid_request');
  });
});

describe('a client by client_secret_basic', () => {
  it.each(['svc-billing', 'a b:c/é'] as const)('is %p, by name and key, on every route', async (name) => {
    expect(claimsOf(await ask(GOOD, server.as(name))).sub).toBe(name);
    const headers = { 'content-type': 'application/json', ...server.as(name) };
    const body = JSON.stringify({ subject: name, audience: 'reports', ...KEY });
    expect((await fetch(`${server.url}/token`, { method: 'POST', headers, body })).status).toBe(200);
  });

  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  /** The same bytes with another last character, which a lenient reader takes. */
  const respelt = (basic: string): string =>
    basic.replace(/.(?==+$)/, (last) => ALPHABET[ALPHABET.indexOf(last) ^ 1]!);
  const by = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  it.each<[string, () => Record<string, string>]>([
    ['with the name of another key', () => by(`admin:${server.keyOf('svc-billing')}`)],
    ['with the name in capitals', () => by(`SVC-BILLING:${server.keyOf('svc-billing')}`)],
    ['without a name', () => by(`:${server.keyOf('svc-billing')}`)],
    ['without a colon', () => by(server.keyOf('svc-billing'))],
    ['with name and key the other way round', () => by(`${server.keyOf('svc-billing')}:svc-billing`)],
    ['with a wrong key', () => by(`svc-billing:${server.keyOf('svc-billing').slice(0, -1)}`)],
    ['with the key of another', () => by(`svc-billing:${server.keyOf('admin')}`)],
    ['with more after the key', () => by(`svc-billing:${server.keyOf('svc-billing')}:`)],
    ['with a percent sign that encodes nothing', () => by(`svc-billing%:${server.keyOf('svc-billing')}`)],
    ['with base64url', () => ({ authorization: 'Basic __--' })],
    ['with nothing', () => ({ authorization: 'Basic' })],
    ['with an empty text', () => ({ authorization: 'Basic  ' })],
    ['with stray bits', () => ({ authorization: respelt(server.as('svc-billing').authorization) })],
    ['without padding', () => ({ authorization: server.as('svc-billing').authorization.replace(/=+$/, '') })],
    [
      'with two',
      () => ({
        authorization: `${server.as('svc-billing').authorization}, ${server.as('admin').authorization}`,
      }),
    ],
  ])('is nobody %s', async (_name, headers) => {
    expectRefusal(await ask(GOOD, headers()), 401, 'invalid_client');
  });
});

describe('the form', () => {
  const form = encodeForm(GOOD);
  it.each([
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=UTF-8',
    'Application/X-WWW-Form-Urlencoded;charset="utf-8"',
  ])('may be sent as %s', async (type) => {
    expect((await ask(form, { ...server.as('svc-billing'), 'content-type': type })).status).toBe(200);
  });

  it.each([
    ['JSON', { 'content-type': 'application/json' }, JSON.stringify(GOOD)],
    ['text', { 'content-type': 'text/plain' }, form],
    ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }, form],
    ['two types', { 'content-type': 'application/x-www-form-urlencoded, application/json' }, form],
    ['a longer type', { 'content-type': 'application/x-www-form-urlencoded+json' }, form],
    ['another charset', { 'content-type': 'application/x-www-form-urlencoded; charset=utf-16' }, form],
    ['a compressed one', { 'content-encoding': 'gzip' }, form],
  ])('is not taken as %s', async (_name, headers, body) => {
    const answer = await ask(body, { ...server.as('svc-billing'), ...headers });
    expectRefusal(answer, 415, 'invalid_request');
    expect(answer.body.error_description).toContain('application/x-www-form-urlencoded');
  });

  it.each([
    ['a percent sign that encodes nothing', `${form}&x=%`],
    ['half an encoding', `${form}&x=%2`],
    ['bytes that are not UTF-8', `${form}&x=%ff`],
    ['a surrogate', `${form}&x=%ed%a0%80`],
    ['an overlong encoding', `${form}&x=%c0%af`],
    ['raw bytes that are not UTF-8', Buffer.concat([Buffer.from(`${form}&x=`), Buffer.from([0xff])])],
    ['a name that is a duplicate once decoded', `${form}&%67rant_type=client_credentials`],
    ['a prototype', `${form}&__proto__=a&__proto__=b`],
    ['nothing', ''],
  ])('is refused with %s', async (_name, body) => {
    expectRefusal(await ask(body), 400, 'invalid_request');
  });

  it.each([
    ['a prototype', `${form}&__proto__=a&constructor=b&toString=c`],
    ['brackets', `${form}&a[b]=c&grant_type[]=password`],
    ['separators with nothing between', `&&${form}&&`],
    ['a name without a value', `${form}&x&=y&=`.replace('&=y&=', '&=y')],
    ['characters that need no encoding', `${form}&x=a=b;c "d" é`],
  ])('may have %s', async (_name, body) => {
    expect((await ask(body)).status).toBe(200);
  });

  it('is refused beyond 64 KiB, whoever sends it, and no other route takes one', async () => {
    const large = { ...GOOD, x: 'x'.repeat(70_000) };
    expectRefusal(await ask(large), 413, 'invalid_request');
    expectRefusal(await ask(large, {}), 413, 'invalid_request');
    for (const path of ['/token', '/revoke', '/introspect', '/envelope/encrypt', '/keys/rotate']) {
      const answer = await postForm(server, path, GOOD, server.as('admin'));
      expect([answer.status, answer.body.error]).toEqual([415, 'invalid_request']);
      expect((await postForm(server, path, 'x=%', server.as('admin'))).status).toBe(415);
    }
  });

  it.each(['GET', 'PUT', 'DELETE'])('is not sent by %s', async (method) => {
    for (const route of ['token', 'revoke', 'introspect']) {
      const answer = await send(server.url, method, `/oauth/${route}`);
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it('is not taken from a query', async () => {
    const answer = await postForm(server, `/oauth/token?${form}`, '', server.as('svc-billing'));
    expectRefusal(answer, 400, 'invalid_request');
  });
});

describe('quotas', () => {
  it('count a token of a client, however it comes by it', async () => {
    const few = await startOAuth({ settings: { callerTokens: 2 } });
    const get = () => postForm(few, '/oauth/token', GOOD, few.as('svc-billing'));
    const body = JSON.stringify({ subject: 'svc-billing', audience: 'reports', ...KEY });
    const headers = { 'content-type': 'application/json', ...few.as('svc-billing') };
    expect((await fetch(`${few.url}/token`, { method: 'POST', headers, body })).status).toBe(200);
    expect((await get()).status).toBe(200);
    const refused: Answer = await get();
    expectRefusal(refused, 429, 'temporarily_unavailable');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await few.close();
  });
});

describe('in development, while callers are anonymous', () => {
  it('the client says its name, and has a token for it', async () => {
    const open = await startServer();
    const answer = await postForm(open, '/oauth/token', { ...GOOD, client_id: 'dev' });
    expect(claimsOf(answer)).toMatchObject({ sub: 'dev' });
    expectRefusal(await postForm(open, '/oauth/token', GOOD), 400, 'invalid_request');
    const resource = { ...GOOD, client_id: 'dev', resource: open.url };
    expectRefusal(await postForm(open, '/oauth/token', resource), 400, 'invalid_target');
    await open.close();
  });
});

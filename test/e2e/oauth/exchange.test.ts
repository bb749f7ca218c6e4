import { athOf, proofMaker, type ProofMaker } from '../../support/dpop.js';
import {
  ACCESS_TOKEN,
  basic,
  DETAILS,
  detailsOf,
  EXCHANGE,
  expectRefusal,
  JWT,
  postForm,
  type Form,
} from '../../support/form.js';
import { post, startServer, type Answer } from '../../support/server.js';
import { claimsOf, startOAuth, type ClientName, type OAuthServer } from './setup.js';

let server: OAuthServer;
let client: ProofMaker;
beforeAll(async () => {
  server = await startOAuth({ settings: { tokenIssuer: 'https://kms.example' } });
  client = await proofMaker();
});
afterAll(() => server.close());

type Headers = Record<string, string>;
const DETAIL = { backend: 'aws', key_id: 'alias/orders' };
const ask = (form: Form, headers: Headers) => postForm(server, '/oauth/token', form, headers);
const by = (name: ClientName): Headers => server.as(name);

/** A token of the client svc-billing, for itself. */
async function grant(more: Form = {}, headers: Headers = {}): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    audience: 'reports',
    authorization_details: DETAILS,
    ...more,
  };
  const { body, status } = await ask(form, { ...by('svc-billing'), ...headers });
  expect(status).toBe(200);
  return body.access_token as string;
}

const exchange = (token: string, as: ClientName | Headers, more: Form = {}, headers: Headers = {}) =>
  ask(
    { grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, ...more },
    { ...(typeof as === 'string' ? by(as) : as), ...headers },
  );
const tokenIn = ({ body }: Answer): string => body.access_token as string;
const prove = (by: ProofMaker, token?: string) =>
  by.prove({
    htm: 'POST',
    htu: `${server.url}/oauth/token`,
    ...(token !== undefined && { ath: athOf(token) }),
  });

describe('the exchange of a KKP token', () => {
  it('by its holder narrows it, and names no actor', async () => {
    const token = await grant({ scope: 'decrypt encrypt rewrap', ttl_seconds: '200' });
    const answer = await exchange(token, 'svc-billing', { scope: 'decrypt', ttl_seconds: '30' });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        token_type: 'Bearer',
        expires_in: 30,
        issued_token_type: ACCESS_TOKEN,
        scope: 'decrypt',
        authorization_details: [{ type: 'kkp_key', ...DETAIL }],
      },
    });
    const claims = claimsOf(answer);
    expect(claims).toMatchObject({
      sub: 'svc-billing',
      aud: 'reports',
      ops: ['decrypt'],
      iss: 'https://kms.example',
    });
    expect('act' in claims).toBe(false);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('by another one names it as the actor, and the ones before it', async () => {
    const first = await exchange(await grant(), 'svc-gateway');
    expect(claimsOf(first)).toMatchObject({ sub: 'svc-billing', act: { sub: 'svc-gateway' } });
    const second = await exchange(tokenIn(first), 'svc-reports');
    const act = { sub: 'svc-reports', act: { sub: 'svc-gateway' } };
    expect(claimsOf(second)).toMatchObject({ sub: 'svc-billing', act });
    const again = await exchange(tokenIn(second), 'svc-reports');
    expect(claimsOf(again).act).toEqual(act);
  });

  it('by its subject, when another one acts, hides nobody', async () => {
    const acted = await exchange(await grant(), 'svc-gateway');
    const back = await exchange(tokenIn(acted), 'svc-billing');
    expect(claimsOf(back).act).toEqual({ sub: 'svc-billing', act: { sub: 'svc-gateway' } });
  });

  it('ends with four actors', async () => {
    let token = await grant();
    for (const name of ['svc-gateway', 'svc-reports', 'svc-gateway', 'svc-reports'] as const)
      token = tokenIn(await exchange(token, name));
    expectRefusal(await exchange(token, 'admin'), 400, 'invalid_grant');
    expect((await exchange(token, 'svc-reports')).status).toBe(200);
  });

  it.each<[string, Form]>([
    ['the JWT that it is', { subject_token_type: JWT, requested_token_type: JWT }],
    ['its own audience', { audience: 'reports' }],
    ['its own key', { authorization_details: DETAILS }],
    ['its own key and conditions', { authorization_details: detailsOf(DETAIL, { policy_claims: {} }) }],
    ['what it is for by default', { scope: 'rewrap decrypt' }],
    ['the id of the client', { client_id: 'svc-gateway' }],
  ])('may name %s', async (_name, more) => {
    const answer = await exchange(await grant(), 'svc-gateway', more);
    expect(answer.status).toBe(200);
    expect(answer.body.issued_token_type).toBe(more.requested_token_type ?? ACCESS_TOKEN);
  });

  it('lives no longer than it, whatever is asked for', async () => {
    const token = await grant({ ttl_seconds: '20' });
    const { exp } = claimsOf({ body: { access_token: token } } as Answer);
    for (const more of [{}, { ttl_seconds: '900' }]) {
      const answer = await exchange(token, 'svc-gateway', more);
      expect(claimsOf(answer).exp).toBe(exp);
      expect(answer.body.expires_in).toBeLessThanOrEqual(20);
    }
  });

  it.each<[string, Form, string]>([
    ['another audience', { audience: 'payroll' }, 'invalid_target'],
    ['its audience in capitals', { audience: 'Reports' }, 'invalid_target'],
    ['two audiences, one of them its own', { audience: ['reports', 'payroll'] }, 'invalid_target'],
    ['another resource', { resource: 'https://other.example' }, 'invalid_target'],
    [
      'another key',
      { authorization_details: detailsOf({ ...DETAIL, key_id: 'k' }) },
      'invalid_authorization_details',
    ],
    [
      'another backend',
      { authorization_details: detailsOf({ ...DETAIL, backend: 'gcp' }) },
      'invalid_authorization_details',
    ],
    [
      'other conditions',
      { authorization_details: detailsOf(DETAIL, { policy_claims: { a: 1 } }) },
      'invalid_authorization_details',
    ],
    ['an operation more', { scope: 'decrypt encrypt' }, 'invalid_scope'],
    ['operations that it is not for', { scope: 'encrypt data_key' }, 'invalid_scope'],
    ['no token', { subject_token: undefined }, 'invalid_request'],
    ['no type', { subject_token_type: undefined }, 'invalid_request'],
    ['a type of others', { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 'invalid_request'],
    ['an ID token', { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    [
      'a refresh token wanted',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'invalid_request',
    ],
    ['a token for the actor', { actor_token: 'x', actor_token_type: JWT }, 'invalid_request'],
    ['two tokens', { subject_token: ['a', 'b'] }, 'invalid_request'],
  ])('is refused with %s', async (_name, more, error) => {
    expectRefusal(await exchange(await grant(), 'svc-gateway', more), 400, error);
  });

  it('is refused to nobody, and to who is another one than the client_id says', async () => {
    const token = await grant();
    expectRefusal(await exchange(token, {}), 401, 'invalid_client');
    // Nobody is told whether it is good.
    expectRefusal(await exchange(`${token.slice(0, -8)}AAAAAAAA`, {}), 401, 'invalid_client');
    expectRefusal(await exchange(token, {}, { client_id: 'svc-billing' }), 401, 'invalid_client');
    expectRefusal(await exchange(token, 'svc-gateway', { client_id: 'svc-billing' }), 401, 'invalid_client');
    expectRefusal(await exchange(token, { authorization: `Bearer ${token}` }), 401, 'invalid_client');
    expectRefusal(await exchange(token, basic('svc-billing', token)), 401, 'invalid_client');
  });

  it('is refused of a token that is not good', async () => {
    const token = await grant();
    const [header, claims, signature] = token.split('.') as [string, string, string];
    const other = Buffer.from(
      JSON.stringify({ ...claimsOf({ body: { access_token: token } } as Answer), sub: 'root' }),
    );
    for (const bad of [
      `${header}.${claims}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
      `${header}.${other.toString('base64url')}.${signature}`,
      `${token} `,
      `${header}.${claims}.`,
      'x',
    ])
      expectRefusal(await exchange(bad, 'svc-gateway'), 400, 'invalid_grant');
  });
});

describe('a token that was taken back', () => {
  // The clock stands still but between two steps, for a revocation reaches what is issued in its own second.
  const clock = { ms: 1_700_000_000_000, now: () => clock.ms };
  let kkp: OAuthServer;
  beforeAll(async () => (kkp = await startOAuth({ overrides: { clock } })));
  afterAll(() => kkp.close());

  const form = (path: string, sent: Form, name: ClientName) => postForm(kkp, path, sent, kkp.as(name));
  const fresh = async () => {
    clock.ms += 1_000;
    const sent = { grant_type: 'client_credentials', audience: 'reports', authorization_details: DETAILS };
    return tokenIn(await form('/oauth/token', sent, 'svc-billing'));
  };
  const trade = (token: string, name: ClientName) =>
    form('/oauth/token', { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT }, name);
  const isActive = async (token: string) =>
    (await form('/oauth/introspect', { token }, 'admin')).body.active as boolean;
  const revoke = async (rule: object) => {
    clock.ms += 1_000;
    const headers = { ...kkp.as('admin'), 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(rule) };
    expect((await fetch(`${kkp.url}/revoke`, init)).status).toBe(200);
  };
  const seconds = () => Math.floor(clock.ms / 1000);

  it('is exchanged no more; what was made from it lives on', async () => {
    const token = await fresh();
    const made = tokenIn(await trade(token, 'svc-gateway'));
    expect((await form('/oauth/revoke', { token }, 'svc-billing')).status).toBe(200);
    expectRefusal(await trade(token, 'svc-gateway'), 400, 'invalid_grant');
    expect([await isActive(token), await isActive(made)]).toEqual([false, true]);
  });

  it.each<[string, () => object]>([
    ['subject', () => ({ subject: 'svc-billing' })],
    ['actor', () => ({ subject: 'svc-gateway' })],
    ['key', () => DETAIL],
    ['time, which is now', () => ({ before: seconds() + 1 })],
  ])('with all of a %s takes what was made from it along', async (_name, rule) => {
    const token = await fresh();
    const made = tokenIn(await trade(token, 'svc-gateway'));
    expect(await isActive(made)).toBe(true);
    await revoke(rule());
    expect(await isActive(made)).toBe(false);
    expectRefusal(await trade(made, 'svc-reports'), 400, 'invalid_grant');
  });
});

describe('a token that is bound to a key', () => {
  it('is exchanged by who proves the key, for one that is bound to it too', async () => {
    const token = await grant({}, { dpop: await prove(client) });
    const answer = await exchange(token, 'svc-billing', {}, { dpop: await prove(client, token) });
    expect(answer.body).toMatchObject({ token_type: 'DPoP' });
    expect(claimsOf(answer).cnf).toEqual({ jkt: client.jkt });
  });

  it('is refused without the proof, with that of another key, and with one for another token', async () => {
    const token = await grant({}, { dpop: await prove(client) });
    const thief = await proofMaker();
    expectRefusal(await exchange(token, 'svc-gateway'), 400, 'invalid_grant');
    const stolen = { dpop: await prove(thief, token) };
    expectRefusal(await exchange(token, 'svc-gateway', {}, stolen), 400, 'invalid_grant');
    for (const proof of [await prove(client), await prove(client, await grant())])
      expectRefusal(await exchange(token, 'svc-billing', {}, { dpop: proof }), 400, 'invalid_dpop_proof');
  });

  it('may come of one that is bound to none', async () => {
    const answer = await exchange(await grant(), 'svc-gateway', {}, { dpop: await prove(client) });
    expect(answer.body).toMatchObject({ token_type: 'DPoP' });
    expect(claimsOf(answer)).toMatchObject({ cnf: { jkt: client.jkt }, act: { sub: 'svc-gateway' } });
  });
});

describe('in development, while callers are anonymous', () => {
  it('the actor is who the client says that it is', async () => {
    const open = await startServer();
    const { body } = await post(open, '/token', { subject: 'a', audience: 'b', ...DETAIL });
    const form = { grant_type: EXCHANGE, subject_token: body.token as string, subject_token_type: JWT };
    expectRefusal(await postForm(open, '/oauth/token', form), 400, 'invalid_request');
    const answer = await postForm(open, '/oauth/token', { ...form, client_id: 'dev' });
    expect(claimsOf(answer)).toMatchObject({ sub: 'a', act: { sub: 'dev' } });
    const foreign = {
      ...form,
      subject_token: server.jwt(),
      client_id: 'dev',
      authorization_details: DETAILS,
    };
    expectRefusal(await postForm(open, '/oauth/token', foreign), 400, 'invalid_grant');
    await open.close();
  });
});

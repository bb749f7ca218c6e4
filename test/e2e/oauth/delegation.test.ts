import { jest } from '@jest/globals';
import { Kkp } from '../../../src/kkp.js';
import { PolicyHolder, type PolicyInput } from '../../../src/policy/index.js';
import { proofMaker } from '../../support/dpop.js';
import { attacks } from '../../support/credential-attacks.js';
import { DETAILS, detailsOf, EXCHANGE, expectRefusal, JWT, postForm, type Form } from '../../support/form.js';
import { makeKey, signJwt } from '../../support/issuer.js';
import { GRANT, startServer } from '../../support/server.js';
import { claimsOf, now, startOAuth, type ClientName, type OAuthServer } from './setup.js';

let server: OAuthServer;
const asked: PolicyInput[] = [];
beforeAll(async () => {
  server = await startOAuth();
  const holder = server.app.get(PolicyHolder, { strict: false });
  const decide = holder.decide.bind(holder);
  jest.spyOn(holder, 'decide').mockImplementation((input) => {
    asked.push(structuredClone(input));
    return decide(input);
  });
});
beforeEach(() => asked.splice(0));
afterAll(() => server.close());

const exchange = (
  jwt: string,
  as?: ClientName | Record<string, string>,
  more: Form = {},
  headers: Record<string, string> = {},
) =>
  postForm(
    server,
    '/oauth/token',
    {
      grant_type: EXCHANGE,
      subject_token: jwt,
      subject_token_type: JWT,
      audience: 'reports',
      authorization_details: DETAILS,
      ...more,
    },
    { ...(typeof as === 'string' ? server.as(as) : as), ...headers },
  );

describe('the exchange of a JWT of an accepted issuer', () => {
  it('alone is a token for its subject, who is the caller (workload identity federation)', async () => {
    const answer = await exchange(server.jwt());
    expect(answer.status).toBe(200);
    const claims = claimsOf(answer);
    expect(claims).toMatchObject({ sub: 'alice', aud: 'reports', backend: 'aws', key_id: 'alias/orders' });
    expect(Object.keys(claims)).toHaveLength(8);
    const subject = { kind: 'jwt', id: 'alice', issuer: server.issuer.url, scopes: [], attributes: {} };
    expect(asked).toEqual([
      { action: 'exchange_token', claims, subject, request: { context: {} }, caller: subject },
    ]);
  });

  it('by a client is a token for its subject, which the client acts for', async () => {
    const answer = await exchange(server.jwt({ scope: 'ops' }), 'svc-gateway');
    expect(claimsOf(answer)).toMatchObject({ sub: 'alice', act: { sub: 'svc-gateway' } });
    expect(asked).toMatchObject([
      {
        subject: { id: 'alice', scopes: ['kkp:admin'] },
        caller: { kind: 'api_key', id: 'svc-gateway', scopes: [] },
        claims: { act: { sub: 'svc-gateway' } },
      },
    ]);
  });

  it('by its own subject names no actor', async () => {
    const jwt = server.jwt();
    expect('act' in claimsOf(await exchange(jwt, { authorization: `Bearer ${jwt}` }))).toBe(false);
    const other = server.jwt({ sub: 'bob' });
    expect(claimsOf(await exchange(jwt, { authorization: `Bearer ${other}` })).act).toEqual({
      sub: 'bob',
      iss: server.issuer.url,
    });
  });

  it('does not tell a policy, or a log, what the JWT says of delegation', async () => {
    const secret = 'canary-7f3a';
    await exchange(
      server.jwt({ may_act: { sub: 'svc-gateway' }, canary: secret, act: { sub: secret } }),
      'svc-gateway',
    );
    expect(JSON.stringify(asked)).not.toContain('mayAct');
    expect(Object.keys((asked[0] as { subject: object }).subject).sort()).toEqual(
      ['attributes', 'id', 'issuer', 'kind', 'scopes'].sort(),
    );
    expect(JSON.stringify(server.logs)).not.toContain(secret);
  });

  it('is bound to the key of a proof', async () => {
    const client = await proofMaker();
    const dpop = await client.prove({ htm: 'POST', htu: `${server.url}/oauth/token` });
    expect(claimsOf(await exchange(server.jwt(), undefined, {}, { dpop })).cnf).toEqual({ jkt: client.jkt });
  });

  it('lives no longer than the JWT, and begins no earlier', async () => {
    const exp = now() + 40;
    expect(claimsOf(await exchange(server.jwt({ exp: exp + 0.9 }))).exp).toBe(exp);
    const nbf = now() + 10;
    expect(claimsOf(await exchange(server.jwt({ nbf: nbf - 0.5 }))).nbf).toBe(nbf);
    // Good for whoever allows for clocks that differ, and of no life that could be handed on.
    const ended = server.jwt({ iat: now() - 60, nbf: now() - 60, exp: now() - 5 });
    expectRefusal(await exchange(ended), 400, 'invalid_grant');
    const asCaller = { authorization: `Bearer ${ended}` };
    expect((await exchange(server.jwt(), asCaller)).status).toBe(200);
  });

  it('keeps who acts already', async () => {
    const act = { sub: 'front', iss: 'https://front.example' };
    expect(claimsOf(await exchange(server.jwt({ act }))).act).toEqual(act);
    expect(claimsOf(await exchange(server.jwt({ act }), 'svc-gateway')).act).toEqual({
      sub: 'svc-gateway',
      act,
    });
    expect(claimsOf(await exchange(server.jwt({ act: { sub: 'svc-gateway' } }), 'svc-gateway')).act).toEqual({
      sub: 'svc-gateway',
    });
  });

  const nested = (depth: number): object => ({
    sub: `a${depth}`,
    ...(depth > 1 && { act: nested(depth - 1) }),
  });
  it.each<[string, unknown]>([
    ['without a name', {}],
    ['with an empty name', { sub: '' }],
    ['with a number for a name', { sub: 7 }],
    ['with a claim that would be lost', { sub: 'front', client_id: 'x' }],
    ['with an issuer of another type', { sub: 'front', iss: [] }],
    ['that is text', 'front'],
    ['that is a list', [{ sub: 'front' }]],
    ['that is null', null],
    ['with five', nested(5)],
    ['with four, and one more for the client', nested(4)],
  ])('is refused with an actor %s', async (_name, act) => {
    expectRefusal(await exchange(server.jwt({ act }), 'svc-gateway'), 400, 'invalid_grant');
  });

  it('is for the client that may_act says', async () => {
    const jwt = server.jwt({ may_act: { sub: 'svc-gateway' } });
    expect((await exchange(jwt, 'svc-gateway')).status).toBe(200);
  });

  it('is for the client of the issuer that may_act says', async () => {
    const jwt = server.jwt({ may_act: { sub: 'bob', iss: server.issuer.url } });
    const bob = { authorization: `Bearer ${server.jwt({ sub: 'bob' })}` };
    expect((await exchange(jwt, bob)).status).toBe(200);
    expect((await exchange(server.jwt({ may_act: { sub: 'bob' } }), bob)).status).toBe(200);
    const other = server.jwt({ may_act: { sub: 'bob', iss: 'https://other.example' } });
    expectRefusal(await exchange(other, bob), 400, 'invalid_grant');
  });

  it.each<[string, unknown]>([
    ['another client', { sub: 'svc-reports' }],
    ['it in capitals', { sub: 'SVC-GATEWAY' }],
    ['it at an issuer that it has not', { sub: 'svc-gateway', iss: 'https://id.example' }],
    ['an issuer alone', { iss: 'https://id.example' }],
    ['nobody', {}],
    ['nobody, by null', null],
    ['it by more than can be compared', { sub: 'svc-gateway', client_id: 'svc-gateway' }],
    ['it as text', 'svc-gateway'],
    ['it in a list', [{ sub: 'svc-gateway' }]],
    ['it as a list', { sub: ['svc-gateway'] }],
    ['it at null', { sub: 'svc-gateway', iss: null }],
  ])('is refused to a client when may_act says %s', async (_name, may_act) => {
    expectRefusal(await exchange(server.jwt({ may_act }), 'svc-gateway'), 400, 'invalid_grant');
    expect(asked).toEqual([]);
  });

  it.each<[string, Form, string]>([
    ['no audience', { audience: undefined }, 'invalid_request'],
    ['no details', { authorization_details: undefined }, 'invalid_request'],
    [
      'an unknown backend',
      { authorization_details: detailsOf({ backend: 'x', key_id: 'k' }) },
      'invalid_authorization_details',
    ],
    ['an unknown operation', { scope: 'admin' }, 'invalid_scope'],
    ['a token for the actor', { actor_token: 'x' }, 'invalid_request'],
  ])('is refused with %s', async (_name, more, error) => {
    expectRefusal(await exchange(server.jwt(), 'svc-gateway', more), 400, error);
  });

  it('is refused alone with the id of another client', async () => {
    expectRefusal(await exchange(server.jwt(), undefined, { client_id: 'admin' }), 401, 'invalid_client');
    expect((await exchange(server.jwt(), undefined, { client_id: 'alice' })).status).toBe(200);
  });

  it('is refused when the client’s own credential is not good, however good the JWT', async () => {
    const bad = { authorization: 'Basic eDp5' };
    expectRefusal(await exchange(server.jwt(), bad), 401, 'invalid_client');
    expectRefusal(await exchange(server.jwt(), { 'x-api-key': 'x' }), 401, 'invalid_client');
  });

  it('is refused for everything that is refused of a credential, by anybody', async () => {
    const key = server.signing;
    const evil = makeKey('RS256', 'evil');
    const bad = attacks({ claims: server.issuer.claims(now()), key, evil, evilUrl: 'http://127.0.0.1:9/' });
    expect(Object.keys(bad).length).toBeGreaterThan(90);
    expect((await exchange(signJwt(server.issuer.claims(now()), key))).status).toBe(200);
    asked.splice(0);
    for (const jwt of Object.values(bad)) {
      for (const as of [undefined, 'svc-gateway'] as const) {
        const { status, body } = await exchange(jwt, as);
        expect([status, body.error]).toEqual([400, 'invalid_grant']);
      }
    }
    expect(asked).toEqual([]);
  });
});

describe('no scope of a client', () => {
  it.each(['issuer', 'admin'] as const)('makes another subject of it (%s)', async (name) => {
    expect(claimsOf(await exchange(server.jwt(), name))).toMatchObject({ sub: 'alice', act: { sub: name } });
    const more = { client_id: name, subject: 'root', sub: 'root' };
    expect(claimsOf(await exchange(server.jwt(), name, more)).sub).toBe('alice');
  });
});

describe('quotas', () => {
  it('count the tokens of a subject that comes alone as those of the caller that it is', async () => {
    const few = await startOAuth({ settings: { callerTokens: 1 } });
    const form = {
      grant_type: EXCHANGE,
      subject_token_type: JWT,
      audience: 'reports',
      authorization_details: DETAILS,
    };
    const bearer = { authorization: `Bearer ${few.jwt()}` };
    const own = { ...form, grant_type: 'client_credentials' };
    expect((await postForm(few, '/oauth/token', own, bearer)).status).toBe(200);
    const alone = { ...form, subject_token: few.jwt() };
    expectRefusal(await postForm(few, '/oauth/token', alone), 429, 'temporarily_unavailable');
    await few.close();
  });

  it('count each of many at the same moment', async () => {
    const few = await startServer({ settings: { callerTokens: 3 } });
    const kkp = few.app.get(Kkp, { strict: false });
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => kkp.issueToken(GRANT)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    await few.close();
  });

  it('count each of many requests at the same time', async () => {
    const few = await startOAuth({ settings: { callerTokens: 3 } });
    const form = {
      grant_type: EXCHANGE,
      subject_token: few.jwt(),
      subject_token_type: JWT,
      audience: 'reports',
      authorization_details: DETAILS,
    };
    const all = await Promise.all(Array.from({ length: 20 }, () => postForm(few, '/oauth/token', form)));
    expect(all.map(({ status }) => status).sort()).toEqual([200, 200, 200, ...Array<number>(17).fill(429)]);
    await few.close();
  });
});

import { Revocations } from '../../../src/revocation/index.js';
import { attacks } from '../../support/credential-attacks.js';
import { encodeForm, EXCHANGE, expectRefusal, JWT, postForm } from '../../support/form.js';
import { signJwt, type TestKey } from '../../support/issuer.js';
import { keyOfSeed, ringOf } from '../../support/known-keys.js';
import { startServer, type TestServer } from '../../support/server.js';
import { goodClaims, NOW } from '../../vectors/tokens/forge.js';
import { alice, bob, mallory } from '../../vectors/tokens/keys.js';
import type { TokenVectorFile } from '../../vectors/tokens/types.js';
import vectors from '../../vectors/tokens.json' with { type: 'json' };
import { badges } from '../route-matrix.js';

const [key, evil] = [alice, mallory].map(({ seed }): TestKey => ({ ...keyOfSeed(seed), alg: 'EdDSA' })) as [
  TestKey,
  TestKey,
];

let server: TestServer;
beforeAll(async () => {
  const store = await ringOf(keyOfSeed(alice.seed), keyOfSeed(bob.seed), NOW);
  const clock = { now: () => NOW * 1000 };
  server = await startServer({ overrides: { clock, callers: [badges], keys: { store } } });
});
afterAll(() => server.close());

const claims = goodClaims({ iat: NOW });
const good = signJwt(claims, key, { typ: 'JWT' });
const victim = { claims, key, evil, evilUrl: 'http://127.0.0.1:9/jwks', header: { typ: 'JWT' } };

/** Good here: whoever takes a token compares its audience, and tokens of this server have no issuer. */
const GOOD_HERE = ['another audience', 'no issuer'];
const forged = Object.entries(attacks(victim)).filter(([name]) => !GOOD_HERE.includes(name));
const rejected = (vectors as TokenVectorFile).cases
  .filter(({ verdict, keys, options: { now, audience, extra_claims, issuer, typ, ...times } }) => {
    const isUsual = times.max_lifetime_seconds === 900 && times.clock_skew_seconds === 5;
    return (
      verdict === 'reject' &&
      !keys &&
      now === NOW &&
      isUsual &&
      audience === undefined &&
      !extra_claims &&
      !issuer &&
      !typ
    );
  })
  .map(({ name, token }): [string, string] => [name, token])
  .filter(([name]) => name !== 'nbf, not allowed');
const bad = [...forged, ...rejected];

const post = (route: string, form: Record<string, string>) =>
  postForm(server, `/oauth/${route}`, encodeForm(form), { 'x-badge': 'admin' });
const exchange = (token: string) =>
  post('token', { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT });

/** Whether a token says that it begins later. */
function begins(token: string): boolean {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return [...payload.matchAll(/"(?:iat|nbf)":\s*(\d+)/g)].some(([, time]) => Number(time) > NOW);
}

describe('more than three hundred tokens that are not good', () => {
  it('are there, beside one that is', async () => {
    expect(forged.length).toBeGreaterThan(100);
    expect(bad.length).toBeGreaterThan(350);
    expect((await exchange(good)).status).toBe(200);
    expect((await post('introspect', { token: good })).body).toMatchObject({ active: true });
  });

  it.each(bad.filter(([, token]) => token.isWellFormed()))(
    'are exchanged for nothing: %s',
    async (_name, token) => {
      const answer = await exchange(token);
      expectRefusal(answer, 400, token === '' ? 'invalid_request' : 'invalid_grant');
    },
  );

  it('are not active', async () => {
    const wrong: string[] = [];
    for (const [name, token] of bad.filter(([, text]) => text !== '')) {
      const { status, body } = await post('introspect', { token });
      if (status !== 200 || JSON.stringify(body) !== '{"active":false}') wrong.push(name);
    }
    expect(wrong).toEqual([]);
  });

  it('take nothing back', async () => {
    const revocations = server.app.get(Revocations, { strict: false });
    const wrong: string[] = [];
    const sent = bad.filter(([, text]) => text !== '');
    const never = sent.filter(([, text]) => !begins(text));
    expect(never.length).toBeGreaterThan(340);
    for (const [name, token] of never) if ((await post('revoke', { token })).status !== 200) wrong.push(name);
    expect(wrong).toEqual([]);
    expect(revocations.current().rules).toEqual([]);
    // What only had to wait would have become good: all these have one jti.
    for (const [, token] of sent.filter(([, text]) => begins(text)))
      expect((await post('revoke', { token })).status).toBe(200);
    expect((await post('revoke', { token: good })).status).toBe(200);
    expect(revocations.current().rules).toHaveLength(1);
  });
});

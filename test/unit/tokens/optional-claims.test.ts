import { TokenIssuer, tokenRules, TokenVerifier, type TokenOptions } from '../../../src/tokens/index.js';
import { SeededRandom, START, startKeys } from '../keys/fixtures.js';
import { OPTIONS, REQUEST } from './fixtures.js';

const HASH = 'A'.repeat(43);
const EIGHT = ['sub', 'aud', 'backend', 'key_id', 'policy_claims', 'exp', 'iat', 'jti'];
const actors = (count: number): object =>
  count === 1 ? { sub: 'svc-1' } : { sub: `svc-${count}`, act: actors(count - 1) };

async function start(options: Partial<TokenOptions> = {}) {
  const { keys, clock } = await startKeys();
  const all = { ...OPTIONS, ...options };
  const issuer = new TokenIssuer(all, keys, clock, new SeededRandom('jti'));
  const verifier = new TokenVerifier(tokenRules(all), keys, clock);
  const build = (request: object) => issuer.buildClaims({ ...REQUEST, ...request });
  const issue = async (request: object) => (await issuer.sign(build(request))).token;
  return { keys, clock, issuer, verifier, build, issue };
}

const asked = {
  nbf: [{ not_before: START + 10 }, START + 10],
  ops: [{ ops: ['encrypt', 'data_key'] }, ['encrypt', 'data_key']],
  cnf: [{ cnf: { jkt: HASH } }, { jkt: HASH }],
  act: [{ act: actors(4) }, actors(4)],
} as const;

describe('optional claims', () => {
  it.each(Object.entries(asked))(
    '%s is in the token when it was asked for, and alone',
    async (name, [request, value]) => {
      const { issue, verifier, clock } = await start();
      const token = await issue(request);
      clock.advance(10);
      const claims = verifier.verify(token);
      expect(claims[name]).toEqual(value);
      expect(Object.keys(claims)).toEqual([...EIGHT, name]);
    },
  );

  it('may all be in one token', async () => {
    const { issue, verifier } = await start({ issuer: 'https://kkp.example' });
    const request = { ...asked.ops[0], ...asked.cnf[0], ...asked.act[0], not_before: START };
    const claims = verifier.verify(await issue(request));
    expect(Object.keys(claims)).toEqual([...EIGHT, 'iss', 'nbf', 'ops', 'cnf', 'act']);
  });

  it('may be bound to a client certificate', async () => {
    const { issue, verifier } = await start();
    const cnf = { 'x5t#S256': HASH };
    expect(verifier.verify(await issue({ cnf })).cnf).toEqual(cnf);
  });

  it.each<[string, object, string]>([
    ['no operation', { ops: [] }, 'ops'],
    ['an operation twice', { ops: ['decrypt', 'decrypt'] }, 'ops'],
    ['an unknown operation', { ops: ['decrypt', 'rotate'] }, 'ops'],
    ['operations as text', { ops: 'decrypt' }, 'ops'],
    ['operations in capitals', { ops: ['DECRYPT'] }, 'ops'],
    ['null for operations', { ops: null }, 'ops'],
    ['a beginning in the past', { not_before: START - 1 }, 'not_before'],
    ['a beginning at the end', { not_before: START + 300 }, 'not_before'],
    ['a beginning after the end', { not_before: START + 1e6 }, 'not_before'],
    ['half a second', { not_before: START + 0.5 }, 'not_before'],
    ['a beginning as text', { not_before: String(START) }, 'not_before'],
    ['no beginning', { not_before: NaN }, 'not_before'],
    ['no confirmation', { cnf: {} }, 'cnf'],
    ['two confirmations', { cnf: { jkt: HASH, 'x5t#S256': HASH } }, 'cnf'],
    ['an unknown confirmation', { cnf: { kid: HASH } }, 'cnf'],
    ['a short thumbprint', { cnf: { jkt: HASH.slice(1) } }, 'cnf'],
    ['a long thumbprint', { cnf: { jkt: `${HASH}A` } }, 'cnf'],
    ['a thumbprint with padding', { cnf: { jkt: `${HASH}=` } }, 'cnf'],
    ['a thumbprint with stray bits', { cnf: { jkt: `${HASH.slice(1)}B` } }, 'cnf'],
    ['a thumbprint in base64', { cnf: { 'x5t#S256': `+${HASH.slice(1)}` } }, 'cnf'],
    ['a thumbprint that is no text', { cnf: { jkt: 7 } }, 'cnf'],
    ['a list of confirmations', { cnf: [HASH] }, 'cnf'],
    ['null for a confirmation', { cnf: null }, 'cnf'],
    ['five actors', { act: actors(5) }, 'at most 4'],
    ['an actor without a name', { act: {} }, 'actor'],
    ['an actor with an empty name', { act: { sub: '' } }, 'actor'],
    ['an actor with an empty issuer', { act: { sub: 'a', iss: '' } }, 'actor'],
    ['an actor with more members', { act: { sub: 'a', scope: 'kkp:admin' } }, 'actor'],
    ['an inner actor with more members', { act: { sub: 'a', act: { sub: 'b', admin: true } } }, 'actor'],
    ['an actor as text', { act: 'svc' }, 'actor'],
    ['a list of actors', { act: [{ sub: 'a' }] }, 'actor'],
  ])('are not made of %s, and the refusal says what is allowed', async (_name, request, text) => {
    const { build } = await start();
    const building = Promise.resolve().then(() => build(request));
    await expect(building).rejects.toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining(text) as string,
    });
  });

  it('are checked again when the claims are signed', async () => {
    const { build, issuer } = await start();
    for (const change of [{ ops: [] }, { cnf: {} }, { act: {} }, { nbf: '1' }, { iss: '' }, { scope: 'a' }]) {
      const claims = { ...build({}), ...change } as ReturnType<typeof build>;
      await expect(issuer.sign(claims)).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });
});

describe('nbf', () => {
  it('is kept to the second, without tolerance', async () => {
    const { issue, verifier, clock } = await start();
    const token = await issue({ not_before: START + 10 });
    clock.advance(9);
    expect(() => verifier.verify(token)).toThrow('not to be used yet');
    clock.advance(1);
    expect(verifier.verify(token).nbf).toBe(START + 10);
  });

  it('before the token was issued takes nothing from it', async () => {
    const { build, issuer, verifier } = await start();
    const { token, expires_at } = await issuer.sign({ ...build({}), nbf: START - 100 });
    expect(expires_at).toBe(START + 300);
    expect(verifier.verify(token).nbf).toBe(START - 100);
  });

  it('must leave some of the lifetime that the policy allows', async () => {
    const { build, issuer } = await start();
    const claims = build({ not_before: START + 10 });
    expect((await issuer.sign(claims, { maxTtlSeconds: 11 })).expires_at).toBe(START + 11);
    await expect(issuer.sign(claims, { maxTtlSeconds: 10 })).rejects.toMatchObject({ code: 'policy_denied' });
  });

  it('must leave some of the lifetime of the key', async () => {
    const { build, issuer, keys } = await start();
    const claims = build({ not_before: START + 100 });
    const { reserve } = keys;
    keys.reserve = async (exp) => ({ ...(await reserve.call(keys, exp)), exp: START + 100 });
    await expect(issuer.sign(claims)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the issuer of tokens', () => {
  const issuer = 'https://kkp.example';

  it('is in each token where it is configured', async () => {
    const { issue, verifier } = await start({ issuer });
    expect(verifier.verify(await issue({})).iss).toBe(issuer);
  });

  it.each<[string, Partial<TokenOptions>, Partial<TokenOptions>, RegExp]>([
    ['another one', { issuer: `${issuer}/` }, { issuer }, /another issuer/],
    ['none', {}, { issuer }, /another issuer/],
    ['any, where none is configured', { issuer }, {}, /exactly the claims/],
  ])('is not %s', async (_name, made, held, text) => {
    const { keys, clock, issue } = await start(made);
    const token = await issue({});
    const verifier = new TokenVerifier(tokenRules({ ...OPTIONS, ...held }), keys, clock);
    expect(() => verifier.verify(token)).toThrow(text);
  });
});

describe('the typ of tokens', () => {
  it('is JWT, or at+jwt where that is configured', async () => {
    for (const typ of ['JWT', 'at+jwt'] as const) {
      const { issue, verifier } = await start({ typ });
      const token = await issue({});
      const header = JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { typ: string };
      expect(header.typ).toBe(typ);
      const { sub, client_id } = verifier.verify(token);
      expect([sub, client_id]).toEqual([REQUEST.subject, typ === 'JWT' ? undefined : REQUEST.subject]);
    }
  });

  it.each([
    ['JWT', 'at+jwt'],
    ['at+jwt', 'JWT'],
  ] as const)('%s is refused where %s is configured', async (made, held) => {
    const { keys, clock, issue } = await start({ typ: made });
    const token = await issue({});
    const verifier = new TokenVerifier(tokenRules({ ...OPTIONS, typ: held }), keys, clock);
    expect(() => verifier.verify(token)).toThrow('the typ of our tokens');
  });
});

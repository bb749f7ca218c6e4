import { importJWK, jwtVerify } from 'jose';
import {
  type TokenClaims,
  TokenError,
  type TokenErrorReason,
  importJwks,
  verifyToken,
} from '../../src/index.js';
import { caught } from '../support/caught.js';
import { CLAIMS, NOW, NOW_MS, makeKey, now } from '../support/tokens.js';

const key = makeKey('k1');
const jwks = { keys: [key.jwk] };

describe('verifyToken', () => {
  it('returns the claims', async () => {
    expect(await verifyToken(key.sign(), jwks, { now })).toEqual(CLAIMS);
  });

  it('agrees with jose on a good token', async () => {
    const publicKey = await importJWK(key.jwk, 'EdDSA');
    const { payload } = await jwtVerify(key.sign(), publicKey, { currentDate: new Date(NOW_MS) });
    expect(payload).toEqual(await verifyToken(key.sign(), jwks, { now }));
  });

  it('takes imported keys for many tokens', async () => {
    const keys = importJwks(jwks);
    for (const sub of ['a', 'b']) {
      expect(await verifyToken(key.sign({ sub }), keys, { now })).toMatchObject({ sub });
    }
  });

  it('reads the keys anew when it is given a set', async () => {
    const set = { keys: [key.jwk] as object[] };
    await verifyToken(key.sign(), set, { now });
    set.keys.pop();
    expect(await caught(verifyToken(key.sign(), set, { now }))).toMatchObject({ reason: 'unknown_key' });
  });

  it.each([undefined, null, 1, {}, [], ['a.b.c'], new String(key.sign())])(
    'refuses the token %p',
    async (token) => {
      expect(await caught(verifyToken(token as string, jwks, { now }))).toMatchObject({
        reason: 'malformed',
      });
    },
  );

  it.each([[undefined], [null], [{}], [[key.jwk]], [{ keys: key.jwk }], [{ keys: 'k' }], [{ keys: [null] }]])(
    'refuses the keys %j',
    async (keys) => {
      const error = await caught(verifyToken(key.sign(), keys as never, { now }));
      expect(error).toBeInstanceOf(Error);
    },
  );

  it.each([1, 63, 65])('does not ask an implementation about a signature of %d bytes', async (length) => {
    const ed25519 = { importKey: () => Promise.resolve(() => Promise.resolve(true)) };
    const [header, payload] = key.sign().split('.');
    const token = `${header}.${payload}.${Buffer.alloc(length).toString('base64url')}`;
    const verdict = verifyToken(token, importJwks(jwks, ed25519), { now });
    expect(await caught(verdict)).toMatchObject({ reason: 'bad_signature' });
  });

  it('refuses an R of small order, which only some implementations do', async () => {
    const ed25519 = { importKey: () => Promise.resolve(() => Promise.resolve(true)) };
    const [header, payload] = key.sign().split('.');
    const identity = Uint8Array.from({ length: 64 }, (_, index) => (index === 0 || index === 32 ? 1 : 0));
    const token = `${header}.${payload}.${Buffer.from(identity).toString('base64url')}`;
    const verdict = verifyToken(token, importJwks(jwks, ed25519), { now });
    expect(await caught(verdict)).toMatchObject({ reason: 'bad_signature' });
  });

  it('uses the real clock unless given another', async () => {
    const iat = Math.floor(Date.now() / 1000);
    expect(await verifyToken(key.sign({ iat, exp: iat + 60 }), jwks)).toMatchObject({ iat });
    expect(await caught(verifyToken(key.sign(), jwks))).toMatchObject({ reason: 'expired' });
  });
});

describe('defaults', () => {
  it.each<[string, Record<string, unknown>, TokenErrorReason | undefined]>([
    ['a lifetime of 3600 s', { iat: NOW, exp: NOW + 3600 }, undefined],
    ['no lifetime of 3601 s', { iat: NOW, exp: NOW + 3601 }, 'lifetime_exceeded'],
    ['an iat 5 s ahead', { iat: NOW + 5 }, undefined],
    ['no iat 6 s ahead', { iat: NOW + 6 }, 'not_yet_valid'],
    ['no extra claim', { other: 1 }, 'bad_claims'],
    ['no issuer', { iss: 'https://kkp.example' }, 'bad_claims'],
    ['exp in the next second', { exp: NOW + 1 }, undefined],
    ['no exp in this second', { exp: NOW }, 'expired'],
  ])('allow %s', async (_, claims, reason) => {
    const verdict = verifyToken(key.sign(claims), jwks, { now: () => NOW_MS + 999 });
    if (reason) expect(await caught(verdict)).toMatchObject({ reason });
    else expect(await verdict).toMatchObject(claims);
  });
});

describe('options', () => {
  it.each([
    { now: () => NaN },
    { now: () => Infinity },
    { now: () => undefined as unknown as number },
    { maxLifetimeSeconds: 0 },
    { maxLifetimeSeconds: -1 },
    { maxLifetimeSeconds: NaN },
    { maxLifetimeSeconds: Infinity },
    { maxLifetimeSeconds: 1.5 },
    { maxLifetimeSeconds: '900' as unknown as number },
    { clockSkewSeconds: -1 },
    { clockSkewSeconds: 61 },
    { clockSkewSeconds: NaN },
    { clockSkewSeconds: 0.5 },
  ])('under which a check would be left out are refused: %p', async (options) => {
    const error = await caught(verifyToken(key.sign(), jwks, { now, ...options }));
    expect(error).toBeInstanceOf(RangeError);
  });

  it.each([
    { audience: undefined },
    { audience: null },
    { audience: ['billing'] },
    { issuer: undefined },
    { issuer: null },
    { issuer: ['https://kkp.example'] },
    { issuer: 7 },
    { typ: 'at+JWT' },
    { typ: '' },
    { typ: null },
    { typ: ['JWT'] },
    { extraClaims: 'iss' },
    { extraClaims: null },
  ])('of another type are refused: %p', async (options) => {
    const error = await caught(verifyToken(key.sign(), jwks, { now, ...options } as never));
    expect(error).toBeInstanceOf(TypeError);
  });
});

describe('TokenError', () => {
  const refused: [TokenErrorReason, string, object][] = [
    ['malformed', 'SECRET', {}],
    ['unsupported_header', makeKey('SECRET/').sign(), {}],
    ['unknown_key', makeKey('SECRET').sign(), {}],
    ['bad_signature', `${key.sign().slice(0, -86)}${'A'.repeat(86)}`, {}],
    ['bad_claims', key.sign({ SECRET: 1 }), {}],
    ['not_yet_valid', key.sign({ iat: NOW + 100 }), {}],
    ['lifetime_exceeded', key.sign({ exp: NOW + 100_000 }), {}],
    ['expired', key.sign({ exp: NOW }), {}],
    ['wrong_issuer', key.sign({ iss: 'SECRET' }), { issuer: 'other' }],
    ['wrong_audience', key.sign({ aud: 'SECRET' }), { audience: 'other' }],
  ];

  it.each(refused)('%s says so in a text that holds nothing of the token', async (reason, token, options) => {
    const error = await caught(verifyToken(token, jwks, { now, ...options }));
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({ name: 'TokenError', code: 'token_rejected', reason });
    expect((error as TokenError).message).toMatch(/^The [A-Za-z ,-]+\.$/);
    expect((error as TokenError).message).not.toContain('SECRET');
  });
});

describe('the optional claims that are allowed', () => {
  const extraClaims = ['iss', 'nbf', 'ops', 'cnf', 'act'];

  it('come with the others, typed', async () => {
    const optional: Partial<TokenClaims> = { nbf: NOW, ops: ['encrypt'], cnf: { jkt: 'A'.repeat(43) } };
    const claims = await verifyToken(key.sign(optional), jwks, { now, extraClaims });
    expect([claims.nbf, claims.ops, claims.cnf]).toEqual(Object.values(optional));
  });

  it('are not allowed by the issuer that is asked for, but for iss itself', async () => {
    const iss = 'https://kkp.example';
    expect(await verifyToken(key.sign({ iss }), jwks, { now, issuer: iss })).toMatchObject({ iss });
    const verdict = verifyToken(key.sign({ iss, nbf: NOW }), jwks, { now, issuer: iss });
    expect(await caught(verdict)).toMatchObject({ reason: 'bad_claims' });
  });

  it('leave the options as they were given', async () => {
    const options = { now, issuer: 'https://kkp.example', extraClaims: ['nbf'] };
    await caught(verifyToken(key.sign(), jwks, options));
    expect(options.extraClaims).toEqual(['nbf']);
  });
});

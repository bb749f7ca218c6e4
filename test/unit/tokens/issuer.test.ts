import fc from 'fast-check';
import type { TokenClaims } from '../../../src/tokens/index.js';
import { SeededRandom, START, startKeys } from '../keys/fixtures.js';
import { TokenIssuer } from '../../../src/tokens/index.js';
import { CLAIMS, OPTIONS, REQUEST, startTokens } from './fixtures.js';

const decode = (segment = ''): string => Buffer.from(segment, 'base64url').toString();
const nested = (levels: number): Record<string, unknown> => (levels === 1 ? {} : { a: nested(levels - 1) });

describe('claims', () => {
  it('are exactly the eight, in their order, with the default lifetime and no policy claims', async () => {
    const { issuer } = await startTokens();
    const claims = issuer.buildClaims(REQUEST);
    expect(Object.keys(claims)).toEqual([
      'sub',
      'aud',
      'backend',
      'key_id',
      'policy_claims',
      'exp',
      'iat',
      'jti',
    ]);
    expect(claims).toEqual({
      sub: 'svc-billing',
      aud: 'reports',
      backend: 'aws',
      key_id: 'alias/orders',
      policy_claims: {},
      exp: START + 300,
      iat: START,
      jti: new SeededRandom('jti').uuid(),
    });
  });

  it('have another id each time', async () => {
    const { issuer } = await startTokens();
    const ids = Array.from({ length: 10 }, () => issuer.buildClaims(REQUEST).jti);
    expect(new Set(ids).size).toBe(10);
  });

  it('count whole seconds, rounded down', async () => {
    const { keys } = await startKeys();
    const issuer = new TokenIssuer(OPTIONS, keys, { now: () => START * 1000 + 999 }, new SeededRandom());
    expect(issuer.buildClaims(REQUEST)).toMatchObject({ iat: START, exp: START + 300 });
  });

  it.each([1, 300, 900])('may live for %s s', async (ttl_seconds) => {
    const { issuer } = await startTokens();
    expect(issuer.buildClaims({ ...REQUEST, ttl_seconds }).exp).toBe(START + ttl_seconds);
  });

  it.each([0, -1, 901, 0.5, 1e308, NaN, Infinity, null, '300', true, [300]])(
    'may not live for %p s, and the refusal names the maximum',
    async (ttl_seconds) => {
      const { issuer } = await startTokens();
      const building = Promise.resolve().then(() =>
        issuer.buildClaims({ ...REQUEST, ttl_seconds: ttl_seconds as number }),
      );
      await expect(building).rejects.toMatchObject({
        code: 'invalid_request',
        detail: 'Member ttl_seconds must be a whole number from 1 to 900.',
      });
    },
  );
});

describe('a signed token', () => {
  it('is three segments: the exact header, the claims as the policy saw them, a signature', async () => {
    const { issuer, keys } = await startTokens();
    const claims = issuer.buildClaims({ ...REQUEST, policy_claims: { environment: 'test', text: 'ü 𝄞' } });
    const { token, kid, expires_at } = await issuer.sign(claims);
    const [header, payload, signature] = token.split('.');
    expect(decode(header)).toBe(`{"alg":"EdDSA","typ":"JWT","kid":"${kid}"}`);
    expect(decode(payload)).toBe(JSON.stringify(claims));
    expect(Buffer.from(signature!, 'base64url')).toHaveLength(64);
    expect(kid).toBe(keys.status().keys[0]?.kid);
    expect(expires_at).toBe(claims.exp);
  });

  it('is accepted by the verifier, which gives the claims back', async () => {
    const { issuer, verifier } = await startTokens();
    const claims = issuer.buildClaims({
      ...REQUEST,
      policy_claims: { deep: nested(30), list: [1, 'a', null] },
    });
    expect(verifier.verify((await issuer.sign(claims)).token)).toEqual(claims);
  });

  it.each([
    [undefined, 300],
    [900, 300],
    [300, 300],
    [299, 299],
    [60.9, 60],
    [1, 1],
    [Infinity, 300],
  ])('lives no longer than the policy allows: %s s -> %s s', async (maxTtlSeconds, ttl) => {
    const { issuer, verifier } = await startTokens();
    const claims = issuer.buildClaims(REQUEST);
    const { token, expires_at } = await issuer.sign(
      claims,
      maxTtlSeconds === undefined ? {} : { maxTtlSeconds },
    );
    expect(expires_at).toBe(START + ttl);
    expect(verifier.verify(token).exp).toBe(START + ttl);
  });

  it.each([0, 0.9, -60, NaN, -Infinity])('is refused when the policy allows %s s', async (maxTtlSeconds) => {
    const { issuer } = await startTokens();
    await expect(issuer.sign(issuer.buildClaims(REQUEST), { maxTtlSeconds })).rejects.toMatchObject({
      code: 'policy_denied',
    });
  });

  it.each<[string, Partial<Record<keyof TokenClaims, unknown>>, string]>([
    ['an empty subject', { sub: '' }, 'non-empty'],
    ['an empty audience', { aud: '' }, 'non-empty'],
    ['an empty backend', { backend: '' }, 'non-empty'],
    ['an empty key', { key_id: '' }, 'non-empty'],
    ['two audiences', { aud: ['a', 'b'] }, 'non-empty'],
    ['no subject', { sub: undefined }, 'non-empty'],
    ['policy claims in a list', { policy_claims: [] }, 'non-empty'],
    ['another claim', { iss: 'kkp' }, 'non-empty'],
    ['an id in capitals', { jti: CLAIMS.jti.toUpperCase() }, 'non-empty'],
    ['a lone surrogate in a value', { policy_claims: { a: '\ud800' } }, 'well-formed'],
    ['a lone surrogate in a name', { policy_claims: { '\udc00': 1 } }, 'well-formed'],
    ['a lone surrogate in the subject', { sub: 'a\udfff' }, 'well-formed'],
    ['33 levels', { policy_claims: nested(32) }, '32 levels'],
    ['more levels than the stack', { policy_claims: nested(5000) }, '32 levels'],
    ['a number that JSON cannot say', { policy_claims: { n: 1n } }, 'JSON'],
    ['8 KiB of claims', { policy_claims: { a: 'x'.repeat(8192) } }, 'at most 8192 characters'],
    ['a lifetime over the maximum', { exp: CLAIMS.iat + 901 }, 'from 1 to 900'],
    ['no lifetime', { exp: CLAIMS.iat }, 'from 1 to 900'],
    ['half a second', { exp: CLAIMS.iat + 0.5 }, 'from 1 to 900'],
    ['no end', { exp: Infinity }, 'from 1 to 900'],
    ['no times', { exp: undefined }, 'from 1 to 900'],
  ])('is not made of %s', async (_name, change, text) => {
    const { issuer } = await startTokens();
    const signing = issuer.sign({ ...CLAIMS, ...change });
    await expect(signing).rejects.toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining(text),
    });
  });

  it('may be as large as a verifier takes, and not one character larger', async () => {
    const { issuer, verifier } = await startTokens();
    const make = (length: number) => issuer.sign({ ...CLAIMS, policy_claims: { a: 'x'.repeat(length) } });
    const spare = Math.floor((8192 - (await make(0)).token.length) / 4) * 3;
    const { token } = await make(spare);
    expect(token.length).toBeGreaterThan(8188);
    expect(verifier.verify(token).policy_claims).toEqual({ a: 'x'.repeat(spare) });
    await expect(make(spare + 3)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('any lifetime asked for, and any that a policy allows', () => {
  it('gives a token of the smaller of both and the maximum, or none', async () => {
    const { issuer } = await startTokens();
    const number = fc.oneof(fc.integer({ min: -10, max: 2000 }), fc.double(), fc.constantFrom(1, 900, 901));
    await fc.assert(
      fc.asyncProperty(number, number, async (asked, allowed) => {
        const token = await mint(issuer, asked, allowed).catch(() => undefined);
        const possible = Number.isInteger(asked) && asked >= 1 && asked <= 900 && allowed >= 1;
        const ttl = token && token.expires_at - START;
        return ttl === (possible ? Math.min(asked, Math.floor(allowed)) : undefined);
      }),
      { numRuns: 2000 },
    );
  });
});

async function mint(issuer: TokenIssuer, ttl_seconds: number, maxTtlSeconds: number) {
  return issuer.sign(issuer.buildClaims({ ...REQUEST, ttl_seconds }), { maxTtlSeconds });
}

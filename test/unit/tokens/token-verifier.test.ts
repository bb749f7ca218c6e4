import { KkpError } from '../../../src/errors.js';
import { TokenVerifier, type TokenFault } from '../../../src/tokens/index.js';
import { TestClock } from '../keys/fixtures.js';
import { createPublicKey } from 'node:crypto';
import { CLAIMS, forge, HEADER, KEY, NOW, startTokens } from './fixtures.js';

const PUBLIC = createPublicKey(KEY.privateKey);

function verifierWith(rules: object = {}): TokenVerifier {
  const keys = { verificationKey: (kid: string) => (kid === KEY.kid ? PUBLIC : undefined) };
  return new TokenVerifier({ maxLifetimeSeconds: 900, ...rules }, keys, new TestClock());
}

function refusal(token: string, method: 'verify' | 'verifyEvenEarly' = 'verify'): KkpError {
  try {
    verifierWith()[method](token);
  } catch (error) {
    if (error instanceof KkpError) return error;
  }
  throw new Error('The token was not refused with a KkpError.');
}

describe('the verifier', () => {
  it('gives the claims of a token that the ring has signed', async () => {
    const { verifier, issuer, issue } = await startTokens();
    const { token } = await issue();
    expect(verifier.verify(token)).toMatchObject({ sub: 'svc-billing', aud: 'reports' });
    expect(issuer).toBeDefined();
  });

  it.each<[TokenFault, string, RegExp]>([
    ['malformed', 'secret.secret', /compact form/],
    ['unsupported_header', forge(CLAIMS, { ...HEADER, alg: 'secret' }), /alg "EdDSA", the typ of our tokens/],
    ['unknown_key', forge(CLAIMS, { ...HEADER, kid: 'secret' }), /not, or no longer, one of ours/],
    ['bad_signature', forge().replace(/[^.]+$/, 'c2VjcmV0'), /signature/],
    ['bad_claims', forge({ ...CLAIMS, secret: 'secret' }), /claims/],
    ['not_yet_valid', forge({ ...CLAIMS, iat: NOW + 60, sub: 'secret' }), /future/],
    ['lifetime_exceeded', forge({ ...CLAIMS, exp: NOW + 5000, sub: 'secret' }), /longer than allowed/],
    ['expired', forge({ ...CLAIMS, iat: NOW - 60, exp: NOW, sub: 'secret' }), /expired/],
  ])('refuses as invalid_token, in plain words and without an echo: %s', (reason, token, text) => {
    const error = refusal(token);
    expect(error).toMatchObject({ code: 'invalid_token', cause: reason });
    expect(error.detail).toMatch(text);
    expect(error.detail).not.toContain('secret');
  });

  it('reads the clock in whole seconds: a token is dead at its exp and not a moment earlier', async () => {
    const { keys, issue } = await startTokens();
    const { token, expires_at } = await issue();
    let milliseconds = expires_at * 1000 - 1;
    const verifier = new TokenVerifier({ maxLifetimeSeconds: 900 }, keys, { now: () => milliseconds });
    expect(verifier.verify(token).exp).toBe(expires_at);
    milliseconds += 1;
    expect(() => verifier.verify(token)).toThrow('expired');
  });
});

describe('the verifier, told to take what is early', () => {
  const early = (ahead: number, claims: object = {}) => {
    const iat = NOW + ahead;
    return forge({ ...CLAIMS, iat, exp: iat + 300, ...claims });
  };

  it.each([
    ['a token that is not', forge()],
    ['one whose time comes within a lifetime', early(900)],
    ['one with nbf', forge({ ...CLAIMS, nbf: NOW + 299 })],
  ])('takes %s', (_what, token) => {
    const verifier = verifierWith({ extraClaims: ['nbf'] });
    expect(verifier.verifyEvenEarly(token)).toMatchObject({ sub: CLAIMS.sub });
  });

  it.each<[string, TokenFault, string]>([
    ['one of a time beyond a lifetime', 'not_yet_valid', early(901)],
    ['one that would live too long', 'lifetime_exceeded', early(60, { exp: NOW + 961 })],
    ['one that would never live', 'lifetime_exceeded', early(60, { exp: NOW + 60 })],
    ['one of another signature', 'bad_signature', `${early(60).slice(0, -86)}${forge().slice(-86)}`],
    ['one that is dead', 'expired', early(-400)],
  ])('refuses %s', (_what, reason, token) => {
    expect(refusal(token, 'verifyEvenEarly')).toMatchObject({ code: 'invalid_token', cause: reason });
  });

  it('refuses one that ends before it may be used, and one of another issuer', () => {
    const verifier = verifierWith({ extraClaims: ['nbf'], issuer: 'https://kkp.example' });
    const refused = (claims: object, reason: TokenFault): void =>
      expect(() => verifier.verifyEvenEarly(early(60, claims))).toThrow(
        expect.objectContaining({ cause: reason }) as Error,
      );
    refused({ iss: 'https://kkp.example', nbf: NOW + 360 }, 'expired');
    refused({ iss: 'https://other.example' }, 'wrong_issuer');
  });
});

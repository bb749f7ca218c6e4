import { KkpError } from '../../../src/errors.js';
import { TokenVerifier, type TokenFault } from '../../../src/tokens/index.js';
import { TestClock } from '../keys/fixtures.js';
import { createPublicKey } from 'node:crypto';
import { CLAIMS, forge, HEADER, KEY, NOW, startTokens } from './fixtures.js';

const PUBLIC = createPublicKey(KEY.privateKey);

function refusal(token: string): KkpError {
  const keys = { verificationKey: (kid: string) => (kid === KEY.kid ? PUBLIC : undefined) };
  try {
    new TokenVerifier({ maxLifetimeSeconds: 900 }, keys, new TestClock()).verify(token);
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

import { createPublicKey } from 'node:crypto';
import { ownTokens, tokenRules } from '../../../src/tokens/index.js';
import { CLAIMS, forge, HEADER, KEY, OPTIONS, startTokens } from './fixtures.js';

const ISSUER = 'https://kkp.example';
const OTHER = { alg: 'RS256', kid: 'theirs' };
const ring = (...kids: string[]) => ({
  verificationKey: (kid: string) => (kids.includes(kid) ? createPublicKey(KEY.privateKey) : undefined),
});
const isOwn = ownTokens(tokenRules(OPTIONS), ring(KEY.kid));
const isOwnOfIssuer = ownTokens(tokenRules({ ...OPTIONS, issuer: ISSUER }), ring());

describe('a token of ours', () => {
  it('is every one that the verifier accepts', async () => {
    const { issue, keys } = await startTokens();
    const own = ownTokens(tokenRules(OPTIONS), keys);
    for (const request of [{}, { ops: ['encrypt'] as const }, { cnf: { jkt: 'A'.repeat(43) } }]) {
      expect(own((await issue(request)).token)).toBe(true);
    }
  });

  it.each<[string, string]>([
    ['by its key, whatever it claims', forge({ iss: 'https://idp.example', sub: 'alice' })],
    ['by its key, whatever its header says beside', forge({}, { alg: 'none', kid: KEY.kid, jku: 'x' })],
    ['by its key, though its claims are no JSON', forge('no JSON')],
    ['by its claims, when its key is gone', forge(CLAIMS, { ...HEADER, kid: 'gone' })],
    ['by its claims, with optional ones', forge({ ...CLAIMS, ops: ['decrypt'], nbf: 1 }, OTHER)],
    ['by its claims, without a kid', forge(CLAIMS, { alg: 'EdDSA' })],
  ])('is told %s', (_how, token) => {
    expect(isOwn(token)).toBe(true);
  });

  it.each<[string, string]>([
    ['names a backend and a key', forge({ iss: 'https://idp.example', backend: 'a', key_id: 'k' }, OTHER)],
    ['does so by EdDSA', forge({ sub: 'a', backend: 'a', key_id: 'k' }, { ...HEADER, kid: 'theirs' })],
    ['has all our claims and an issuer', forge({ ...CLAIMS, iss: 'https://idp.example' }, OTHER)],
    ['has all our claims and another', forge({ ...CLAIMS, email: 'a@b.example' }, OTHER)],
    ['has all our claims but one', forge({ ...CLAIMS, policy_claims: undefined }, OTHER)],
    ['has a jti of another form', forge({ ...CLAIMS, jti: 'x' }, OTHER)],
    ['has a kid of another type', forge({}, { ...HEADER, kid: [KEY.kid] })],
    ['names a member twice', forge({}, `{"kid":"${KEY.kid}","kid":"${KEY.kid}"}`)],
    ['is opaque', 'opaque'],
    ['is dots', '..'],
  ])('is none that %s', (_what, token) => {
    expect(isOwn(token)).toBe(false);
  });

  it.each([
    [ISSUER, true],
    ['https://idp.example', false],
    [undefined, false],
  ])('is by its claims, where ours have an issuer, one of %p: %p', (iss, own) => {
    expect(isOwnOfIssuer(forge({ ...CLAIMS, iss }, OTHER))).toBe(own);
  });
});

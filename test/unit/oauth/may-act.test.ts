import type { JwtSubject } from '../../../src/callers/index.js';
import { checkMayAct } from '../../../src/oauth/may-act.js';

const ISSUER = 'https://id.example';
const ELSEWHERE = 'https://other.example';

const subject = (mayAct: unknown): JwtSubject => ({
  caller: { kind: 'jwt', id: 'alice', issuer: ISSUER, scopes: [], attributes: {} },
  expiresAt: 0,
  mayAct,
});

describe('the claim may_act', () => {
  it.each([
    ['an issuer that it does not say, nor the JWT', { sub: 'bob' }, { id: 'bob', issuer: ELSEWHERE }],
    ['another issuer than it says', { sub: 'bob', iss: ISSUER }, { id: 'bob', issuer: ELSEWHERE }],
    ['no issuer where it says one', { sub: 'bob', iss: ISSUER }, { id: 'bob' }],
    [
      'the issuer of the JWT where it says another',
      { sub: 'bob', iss: ELSEWHERE },
      { id: 'bob', issuer: ISSUER },
    ],
    ['another id', { sub: 'bob' }, { id: 'eve', issuer: ISSUER }],
    ['another id, without an issuer', { sub: 'bob' }, { id: 'eve' }],
    ['no issuer where it says null', { sub: 'bob', iss: null }, { id: 'bob' }],
  ])('does not name a party of %s', (_what, mayAct, party) => {
    expect(() => checkMayAct(subject(mayAct), party)).toThrow(/another one may act/);
  });

  it.each([
    ['of the issuer that it says', { sub: 'bob', iss: ELSEWHERE }, { id: 'bob', issuer: ELSEWHERE }],
    ['of the issuer of the JWT, where it says none', { sub: 'bob' }, { id: 'bob', issuer: ISSUER }],
    ['of this installation, where it says none', { sub: 'bob' }, { id: 'bob' }],
  ])('names a party %s', (_what, mayAct, party) => {
    expect(() => checkMayAct(subject(mayAct), party)).not.toThrow();
  });
});

import { challengeFor } from '../../../src/access/challenge.js';
import { ERRORS, KkpError, type KkpErrorCode } from '../../../src/errors.js';

const CODES = Object.keys(ERRORS) as KkpErrorCode[];
const challenge = (code: KkpErrorCode) => challengeFor(new KkpError(code, 'text'));

describe('the challenge of an answer', () => {
  it.each<[KkpErrorCode, string]>([
    ['unauthenticated', 'Bearer'],
    ['invalid_bearer', 'Bearer error="invalid_token"'],
    ['invalid_token', 'Bearer error="invalid_token"'],
    ['unproven_token', 'DPoP error="invalid_token", algs="ES256 EdDSA Ed25519 PS256 RS256"'],
    ['invalid_dpop_proof', 'DPoP error="invalid_dpop_proof", algs="ES256 EdDSA Ed25519 PS256 RS256"'],
  ])('of %s is %s', (code, text) => {
    expect(challenge(code)).toBe(text);
  });

  it('is there for every 401, and for nothing else', () => {
    for (const code of CODES)
      expect([code, challenge(code) !== undefined]).toEqual([code, ERRORS[code].status === 401]);
  });
});

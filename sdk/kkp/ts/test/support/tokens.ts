import { generateKeyPairSync, sign } from 'node:crypto';
import type { Ed25519Jwk, TokenClaims } from '../../src/index.js';

/** Unix milliseconds: the frozen clock of the tests. */
export const NOW_MS = 1_700_000_000_000;
export const NOW = NOW_MS / 1000;

export const now = () => NOW_MS;

export interface TestKey {
  jwk: Ed25519Jwk;
  /** A good token, but for what is changed. */
  sign(claims?: Partial<TokenClaims>): string;
  /** Signs these claims and no others. */
  signAs(typ: string, claims: object): string;
}

/** A fresh key pair under a kid of the test's choice. */
export function makeKey(kid: string): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const x = publicKey.export({ format: 'jwk' }).x ?? '';
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', kid, x, alg: 'EdDSA', use: 'sig' };
  const signAs = (typ: string, claims: object): string => {
    const parts = [{ alg: 'EdDSA', typ, kid }, claims];
    const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
  };
  return { jwk, signAs, sign: (claims = {}) => signAs('JWT', { ...CLAIMS, ...claims }) };
}

export const CLAIMS: TokenClaims = {
  sub: 'orders',
  aud: 'billing',
  backend: 'aws',
  key_id: 'alias/orders',
  policy_claims: { environment: 'test' },
  exp: NOW + 300,
  iat: NOW - 10,
  jti: '6f1c1f0e-8a54-4d57-9a3c-2f1d4b5e6a70',
};

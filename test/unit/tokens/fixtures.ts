import { sign } from 'node:crypto';
import { generateSigningKey } from '../../../src/keys/index.js';
import { TokenIssuer, tokenRules, TokenVerifier, type TokenClaims } from '../../../src/tokens/index.js';
import { SeededRandom, START, startKeys } from '../keys/fixtures.js';

export const OPTIONS = { defaultTtlSeconds: 300, maxTtlSeconds: 900 };
export const REQUEST = {
  subject: 'svc-billing',
  audience: 'reports',
  backend: 'aws',
  key_id: 'alias/orders',
};

export async function startTokens() {
  const { keys, clock, store } = await startKeys();
  const issuer = new TokenIssuer(OPTIONS, keys, clock, new SeededRandom('jti'));
  const verifier = new TokenVerifier(tokenRules(OPTIONS), keys, clock);
  const issue = async (request: Partial<Parameters<TokenIssuer['buildClaims']>[0]> = {}) =>
    issuer.sign(issuer.buildClaims({ ...REQUEST, ...request }));
  return { keys, clock, store, issuer, verifier, issue };
}

/** A key and the means to make any token with it, however wrong. */
export const KEY = generateSigningKey(new SeededRandom('forger'));
export const NOW = START;

export const CLAIMS: TokenClaims = {
  sub: 'svc-billing',
  aud: 'reports',
  backend: 'aws',
  key_id: 'alias/orders',
  policy_claims: { environment: 'test' },
  exp: NOW + 300,
  iat: NOW,
  jti: '0b6d2a52-66a5-4d0c-9d56-3e3a3f0c5c8b',
};

export const HEADER = { alg: 'EdDSA', typ: 'JWT', kid: KEY.kid };

const encode = (part: unknown): string =>
  Buffer.from(
    typeof part === 'string' ? part : part instanceof Uint8Array ? part : JSON.stringify(part),
  ).toString('base64url');

/** Signs whatever it is given: text and bytes as they are, anything else as JSON. */
export function forge(payload: unknown = CLAIMS, header: unknown = HEADER): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${sign(null, Buffer.from(input), KEY.privateKey).toString('base64url')}`;
}

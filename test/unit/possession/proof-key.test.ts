import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { importProofKey } from '../../../src/possession/proof-key.js';
import { proofMaker } from '../../support/dpop.js';

const ALGS = ['ES256', 'Ed25519', 'RS256'] as const;
const keys: Record<string, { jwk: JWK; privateJwk: JWK }> = {};
beforeAll(async () => {
  for (const alg of ALGS) keys[alg] = await proofMaker(alg);
});

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;
const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const rsa = (modulusLength: number, publicExponent = 0x10001): JWK =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' });

describe('the key of a proof', () => {
  it.each(ALGS)('has the thumbprint that jose computes, whatever else is in its JWK (%s)', async (alg) => {
    const { jwk } = keys[alg]!;
    const expected = await calculateJwkThumbprint(jwk);
    expect(importProofKey(jwk, alg)?.jkt).toBe(expected);
    expect(importProofKey({ kid: 'a', ...jwk, alg, use: 'sig', more: {} }, alg)?.jkt).toBe(expected);
  });

  it.each(ALGS.flatMap((alg) => PRIVATE.map((name) => [alg, name] as const)))(
    'is refused with a private part (%s, %s)',
    (alg, name) => {
      const { jwk, privateJwk } = keys[alg]!;
      expect(importProofKey({ ...jwk, [name]: privateJwk[name] ?? 'AA' }, alg)).toBeUndefined();
    },
  );

  it.each<[string, string, (jwk: JWK) => object]>([
    ['another use', 'ES256', (jwk) => ({ ...jwk, use: 'enc' })],
    ['another alg', 'ES256', (jwk) => ({ ...jwk, alg: 'ES384' })],
    ['another curve', 'ES256', (jwk) => ({ ...jwk, crv: 'secp256k1' })],
    ['another kty', 'ES256', (jwk) => ({ ...jwk, kty: 'OKP' })],
    ['a point off its curve', 'ES256', (jwk) => ({ ...jwk, y: jwk.x })],
    ['a short coordinate', 'ES256', (jwk) => ({ ...jwk, x: b64(Buffer.alloc(31, 1)) })],
    ['a long coordinate', 'ES256', (jwk) => ({ ...jwk, x: b64(Buffer.alloc(33, 1)) })],
    ['a coordinate less', 'ES256', (jwk) => ({ ...jwk, y: undefined })],
    ['a padded coordinate', 'ES256', (jwk) => ({ ...jwk, x: `${jwk.x}=` })],
    ['the key of an agreement', 'Ed25519', (jwk) => ({ ...jwk, crv: 'X25519' })],
    ['a short point', 'Ed25519', (jwk) => ({ ...jwk, x: 'AAAA' })],
    ['a point that is no text', 'Ed25519', (jwk) => ({ ...jwk, x: 7 })],
    ['a point not of the curve', 'Ed25519', (jwk) => ({ ...jwk, kty: 'EC', crv: 'P-256' })],
    ['a modulus with a leading zero', 'RS256', (jwk) => ({ ...jwk, n: padded(jwk.n!) })],
    ['another exponent', 'RS256', () => rsa(2048, 3)],
    ['no exponent', 'RS256', (jwk) => ({ ...jwk, e: undefined })],
    ['an exponent in another spelling', 'RS256', (jwk) => ({ ...jwk, e: 'AAEAAQ' })],
    ['2040 bits', 'RS256', () => rsa(2040)],
    ['4104 bits', 'RS256', (jwk) => ({ ...jwk, n: b64(Buffer.alloc(513, 255)) })],
    ['a curve', 'RS256', (jwk) => ({ ...jwk, crv: 'P-256' })],
    ['the key of another algorithm', 'ES256', () => keys.Ed25519!.jwk],
    ['a secret', 'HS256', () => ({ kty: 'oct', k: 'AAAA' })],
    ['a curve of another algorithm', 'ES384', (jwk) => ({ ...jwk, crv: 'P-384' })],
  ])('is refused with %s (%s)', (_name, alg, change) => {
    const { jwk } = keys[alg] ?? keys.ES256!;
    expect(importProofKey(change(jwk) as Record<string, unknown>, alg)).toBeUndefined();
  });

  it('may have 4096 bits', () => {
    expect(importProofKey({ ...keys.RS256!.jwk, n: b64(Buffer.alloc(512, 255)) }, 'RS256')).toBeDefined();
  });
});

const padded = (text: string): string =>
  b64(Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')]));

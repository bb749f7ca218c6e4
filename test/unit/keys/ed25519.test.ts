import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import * as noble from '@noble/ed25519';
import { generateSigningKey, signingKey, thumbprint } from '../../../src/keys/index.js';
import { systemRandom } from '../../../src/random.js';
import rfc8037 from '../../vectors/rfc8037.json' with { type: 'json' };
import { SeededRandom } from './fixtures.js';

const rfcKey = signingKey(
  createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d: rfc8037.d, x: rfc8037.x }, format: 'jwk' }),
);

describe('RFC 8037 appendix A', () => {
  it('A.2 and A.3: the public key and its thumbprint, bit for bit', () => {
    expect(rfcKey.jwk).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      kid: rfc8037.thumbprint,
      x: rfc8037.x,
      alg: 'EdDSA',
      use: 'sig',
    });
  });

  it('A.4: the signature, bit for bit', () => {
    const input = [rfc8037.header, rfc8037.payload]
      .map((text) => Buffer.from(text).toString('base64url'))
      .join('.');
    const signature = sign(null, Buffer.from(input), rfcKey.privateKey).toString('base64url');
    expect(`${input}.${signature}`).toBe(rfc8037.jws);
  });

  it('A.5: its verification', () => {
    const [header, payload, signature = ''] = rfc8037.jws.split('.');
    const input = Buffer.from(`${header}.${payload}`);
    expect(verify(null, input, createPublicKey(rfcKey.privateKey), Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
  });
});

describe('a generated key', () => {
  it('is made of the 32 bytes that the randomness gives, and of nothing else', async () => {
    const seed = new SeededRandom().bytes(32);
    const { jwk } = generateSigningKey(new SeededRandom());
    expect(jwk.x).toBe(Buffer.from(await noble.getPublicKeyAsync(seed)).toString('base64url'));
  });

  it('leaves no seed behind in memory that it was given', () => {
    const random = new SeededRandom();
    generateSigningKey(random);
    expect(random.handedOut).toEqual([Buffer.alloc(32)]);
  });

  it('signs as an independent implementation does', async () => {
    const seed = new SeededRandom().bytes(32);
    const message = Buffer.from('the same bytes');
    const { privateKey } = generateSigningKey(new SeededRandom());
    expect(sign(null, message, privateKey)).toEqual(Buffer.from(await noble.signAsync(message, seed)));
  });

  it('is another one each time', () => {
    const kids = Array.from({ length: 20 }, () => generateSigningKey(systemRandom).kid);
    expect(new Set(kids).size).toBe(20);
  });

  it('is named by its RFC 7638 thumbprint, as jose counts it', async () => {
    const { kid, jwk } = generateSigningKey(systemRandom);
    expect(kid).toBe(await calculateJwkThumbprint(jwk));
    expect(thumbprint(jwk.x)).toBe(kid);
  });
});

it('no key of another kind becomes a signing key', () => {
  const x25519 = createPrivateKey({
    key: { kty: 'OKP', crv: 'X25519', d: rfc8037.d, x: 'hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo' },
    format: 'jwk',
  });
  expect(() => signingKey(x25519)).toThrow('Ed25519');
});

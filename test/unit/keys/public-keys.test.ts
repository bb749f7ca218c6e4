import { createPublicKey } from 'node:crypto';
import { generateSigningKey, importPublicKeys, PublicKeyError } from '../../../src/keys/index.js';
import { point, SMALL_ORDER } from '../../support/small-order.js';
import { SeededRandom } from './fixtures.js';

const GOOD = generateSigningKey(new SeededRandom()).jwk;
const P = 2n ** 255n - 19n;
const importOne = (change: Record<string, unknown>) => importPublicKeys({ keys: [{ ...GOOD, ...change }] });

describe('a key set', () => {
  it('gives its Ed25519 signing keys by kid', () => {
    const other = generateSigningKey(new SeededRandom('other')).jwk;
    const keys = importPublicKeys({ keys: [GOOD, other] });
    expect([...keys.keys()]).toEqual([GOOD.kid, other.kid]);
    expect(keys.get(GOOD.kid)?.export({ format: 'jwk' })).toMatchObject({ x: GOOD.x });
  });

  it.each([
    ['no alg and no use', { alg: undefined, use: undefined }],
    ['the alg of RFC 9864', { alg: 'Ed25519' }],
    ['unknown members', { 'x-note': 'hello' }],
  ])('takes a key with %s', (_name, change) => {
    expect(importOne(change).size).toBe(1);
  });

  it.each([
    ['another kty', { kty: 'EC' }],
    ['another curve', { crv: 'X25519' }],
    ['another use', { use: 'enc' }],
    ['a use of another case', { use: 'SIG' }],
    ['no kty', { kty: undefined }],
  ])('passes over a key with %s', (_name, change) => {
    expect(importOne(change).size).toBe(0);
  });

  it.each([
    ['a private key', { d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' }],
    ['another alg', { alg: 'ES256' }],
    ['an alg of another case', { alg: 'eddsa' }],
    ['an alg that is null', { alg: null }],
    ['no kid', { kid: undefined }],
    ['an empty kid', { kid: '' }],
    ['a kid of 65 characters', { kid: 'k'.repeat(65) }],
    ['a kid with a slash', { kid: '../../key' }],
    ['a kid with a line feed at its end', { kid: 'key\n' }],
    ['no x', { x: undefined }],
    ['an x that is no string', { x: 7 }],
    ['an x of 31 bytes', { x: Buffer.alloc(31, 9).toString('base64url') }],
    ['an x of 33 bytes', { x: Buffer.alloc(33, 9).toString('base64url') }],
    ['a padded x', { x: `${GOOD.x}=` }],
    ['an x with stray bits', { x: `${GOOD.x.slice(0, -1)}B` }],
    ['an x in plain base64', { x: '++++++++++++++++++++++++++++++++++++++++++8' }],
    ['a y of p', { x: point(P, 0).toString('base64url') }],
    ['a y of p + 2, of no small order', { x: point(P + 2n, 0).toString('base64url') }],
    ['the greatest y', { x: Buffer.alloc(32, 255).toString('base64url') }],
  ])('is refused whole for %s', (_name, change) => {
    expect(() => importOne(change)).toThrow(PublicKeyError);
  });

  it('is refused whole for two keys of one name', () => {
    const other = { ...generateSigningKey(new SeededRandom('other')).jwk, kid: GOOD.kid };
    expect(() => importPublicKeys({ keys: [GOOD, other] })).toThrow('same kid');
  });

  it('says nothing of the key in its refusal', () => {
    expect(() => importOne({ d: 'c2VjcmV0' })).toThrow(/^The JWK holds a private key\.$/);
  });
});

describe('the 14 encodings of points of small order', () => {
  it('are fourteen different ones, known to others too', () => {
    expect(new Set(SMALL_ORDER).size).toBe(14);
    expect(SMALL_ORDER).toContain('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
    expect(SMALL_ORDER).toContain('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
    expect(SMALL_ORDER).toContain('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
  });

  it.each(SMALL_ORDER)('are refused: %s', (hex) => {
    const x = Buffer.from(hex, 'hex').toString('base64url');
    expect(() => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })).not.toThrow();
    expect(() => importOne({ x })).toThrow(PublicKeyError);
  });
});

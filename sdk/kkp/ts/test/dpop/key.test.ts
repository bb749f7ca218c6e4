import { generateKeyPairSync, verify, createPublicKey, type JsonWebKey } from 'node:crypto';
import { jest } from '@jest/globals';
import { makeNobleKey, nobleKeyOf } from '../../src/dpop/noble-key.js';
import { type DpopAlgorithm, type DpopKey, generateDpopKey, importDpopKey } from '../../src/index.js';
import { caught } from '../support/caught.js';

const MESSAGE = new TextEncoder().encode('header.payload');

/** What Node thinks of a signature of this key. */
async function signsWell({ alg, publicJwk, sign }: DpopKey): Promise<boolean> {
  const key = createPublicKey({ key: publicJwk as JsonWebKey, format: 'jwk' });
  const [hash, options] = alg === 'ES256' ? ['sha256', { dsaEncoding: 'ieee-p1363' } as const] : [null, {}];
  return verify(hash, MESSAGE, { key, ...options }, await sign(MESSAGE));
}

const pairOf = (alg: string) =>
  alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
type Jwk = Record<string, unknown>;
const jwkOf = (alg: string): Jwk => ({ ...pairOf(alg).privateKey.export({ format: 'jwk' }) });
const without = (jwk: Jwk, name: string): Jwk =>
  Object.fromEntries(Object.entries(jwk).filter(([member]) => member !== name));

describe.each<DpopAlgorithm>(['ES256', 'EdDSA'])('a DPoP key of %s', (alg) => {
  it('that is generated signs, and is another each time', async () => {
    const [one, two] = [await generateDpopKey(alg), await generateDpopKey(alg)];
    expect([one.alg, await signsWell(one), await signsWell(two)]).toEqual([alg, true, true]);
    expect(one.publicJwk.x).not.toBe(two.publicJwk.x);
  });

  it('that is generated is not given out by the platform', async () => {
    const generateKey = jest.spyOn(crypto.subtle, 'generateKey');
    await generateDpopKey(alg);
    const pair = (await generateKey.mock.results[0]!.value) as CryptoKeyPair;
    generateKey.mockRestore();
    expect(pair.privateKey.extractable).toBe(false);
  });

  it('that is imported from a private JWK signs, and shows its public members alone', async () => {
    const jwk = jwkOf(alg);
    const key = await importDpopKey({ ...jwk, kid: 'k', use: 'sig' } as never);
    expect([key.alg, key.publicJwk, await signsWell(key)]).toEqual([alg, without(jwk, 'd'), true]);
  });

  it('that is a pair of WebCrypto signs, though it cannot be exported', async () => {
    const algorithm = alg === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'Ed25519' };
    const pair = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
    const key = await importDpopKey(pair as CryptoKeyPair);
    expect([key.alg, await signsWell(key)]).toEqual([alg, true]);
  });

  it('of two halves that do not belong together is refused', async () => {
    const [one, two] = [jwkOf(alg), jwkOf(alg)];
    const error = await caught(importDpopKey({ ...one, d: two.d } as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).not.toContain(two.d);
    const algorithm = alg === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'Ed25519' };
    const make = async () =>
      (await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])) as CryptoKeyPair;
    const mixed = { privateKey: (await make()).privateKey, publicKey: (await make()).publicKey };
    expect(await caught(importDpopKey(mixed))).toBeInstanceOf(TypeError);
  });

  it.each<[string, (jwk: Jwk) => unknown]>([
    ['no d', (jwk) => without(jwk, 'd')],
    ['no x', (jwk) => without(jwk, 'x')],
    ['a d that is a number', (jwk) => ({ ...jwk, d: 7 })],
    ['a d with padding', (jwk) => ({ ...jwk, d: `${String(jwk.d)}=` })],
    ['a short d', (jwk) => ({ ...jwk, d: 'AAAA' })],
    ['a long x', (jwk) => ({ ...jwk, x: 'A'.repeat(44) })],
    ['another crv', (jwk) => ({ ...jwk, crv: 'P-384' })],
    ['another kty', (jwk) => ({ ...jwk, kty: 'RSA' })],
  ])('is refused with %s, in words that hold nothing of it', async (_, change) => {
    const jwk = jwkOf(alg);
    const error = await caught(importDpopKey(change(jwk) as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(JSON.stringify([String(error), error])).not.toContain(jwk.d);
  });
});

describe('importDpopKey', () => {
  it.each([
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['X25519', () => generateKeyPairSync('x25519')],
  ])('refuses a key of %s', async (_, make) => {
    const jwk = make().privateKey.export({ format: 'jwk' });
    expect(await caught(importDpopKey(jwk as never))).toBeInstanceOf(TypeError);
  });

  it('refuses a P-256 point that is not on the curve', async () => {
    const jwk = jwkOf('ES256');
    expect(await caught(importDpopKey({ ...jwk, y: jwk.x } as never))).toBeInstanceOf(TypeError);
  });
});

it('generateDpopKey refuses another algorithm', async () => {
  for (const alg of ['RS256', 'none', 'toString', ''])
    expect(await caught(generateDpopKey(alg as DpopAlgorithm))).toBeInstanceOf(TypeError);
});

describe('where WebCrypto has no Ed25519', () => {
  const importKey = jest.spyOn(crypto.subtle, 'importKey');
  const lacking = () =>
    importKey.mockRejectedValueOnce(new DOMException('Unrecognized name.', 'NotSupportedError'));
  afterEach(() => jest.clearAllMocks());
  afterAll(() => jest.restoreAllMocks());

  it('keys are @noble/ed25519’s, and sign as WebCrypto’s', async () => {
    lacking();
    const generateKey = jest.spyOn(crypto.subtle, 'generateKey');
    expect(await signsWell(await generateDpopKey('EdDSA'))).toBe(true);
    expect(generateKey).not.toHaveBeenCalled();
    const jwk = jwkOf('EdDSA');
    lacking();
    const ours = await importDpopKey(jwk as never);
    const theirs = await importDpopKey(jwk as never);
    expect(ours.publicJwk).toEqual(theirs.publicJwk);
    expect(Buffer.from(await ours.sign(MESSAGE))).toEqual(Buffer.from(await theirs.sign(MESSAGE)));
  });

  it.each(['AAAA', 'A'.repeat(86), ''])('a d of another length is refused: %j', async (d) => {
    lacking();
    expect(await caught(importDpopKey({ ...jwkOf('EdDSA'), d } as never))).toBeInstanceOf(TypeError);
  });

  it('halves that do not belong together are refused', async () => {
    const [one, two] = [jwkOf('EdDSA'), jwkOf('EdDSA')];
    lacking();
    expect(await caught(importDpopKey({ ...one, d: two.d } as never))).toBeInstanceOf(TypeError);
    const secret = new Uint8Array(32);
    expect(await caught(nobleKeyOf(secret, (await makeNobleKey()).publicJwk.x))).toBeInstanceOf(TypeError);
  });
});

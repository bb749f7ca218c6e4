import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { Ed25519 } from '../../src/crypto/ed25519.js';
import { nobleEd25519 } from '../../src/crypto/noble.js';
import { webCryptoEd25519 } from '../../src/crypto/webcrypto.js';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

/** RFC 8032 section 7.1, tests 1 to 3: public key, message, signature. */
const RFC_8032 = [
  [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

describe.each<[string, Ed25519]>([
  ['WebCrypto', webCryptoEd25519],
  ['@noble/ed25519', nobleEd25519],
])('%s', (_, ed25519) => {
  it.each(RFC_8032)('verifies RFC 8032 under %s', async (key, message, signature) => {
    const check = await ed25519.importKey(bytes(key));
    expect(await check(bytes(signature), bytes(message))).toBe(true);
    expect(await check(bytes(signature), bytes(`${message}00`))).toBe(false);
  });

  it('verifies RFC 8037 appendix A.4', async () => {
    const check = await ed25519.importKey(
      Uint8Array.from(Buffer.from('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', 'base64url')),
    );
    const signature =
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
    const message = new TextEncoder().encode('eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc');
    expect(await check(Uint8Array.from(Buffer.from(signature, 'base64url')), message)).toBe(true);
  });

  it('agrees with node:crypto on fresh keys, messages and single flipped bits', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const raw = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
      const message = Uint8Array.from(randomBytes(round * 7));
      const signature = Uint8Array.from(sign(null, message, privateKey));
      const flipped = Uint8Array.from(signature);
      flipped[round * 3] = flipped[round * 3]! ^ (1 << (round % 8));
      const check = await ed25519.importKey(raw);
      expect(await check(signature, message)).toBe(true);
      expect(await check(flipped, message)).toBe(verify(null, message, publicKey, flipped));
    }
  });

  it.each([0, 1, 32, 63, 65, 128])('gives false for a signature of %d bytes', async (length) => {
    const check = await ed25519.importKey(bytes(RFC_8032[0][0]));
    expect(await check(new Uint8Array(length), new Uint8Array()).catch(() => false)).toBe(false);
  });

  it('gives false under a key that is not on the curve, as node:crypto does', async () => {
    const offCurve = bytes(`02${'00'.repeat(31)}`);
    const check = await ed25519.importKey(offCurve);
    const signature = bytes(RFC_8032[0][2]);
    expect(await check(signature, new Uint8Array())).toBe(false);
    const x = Buffer.from(offCurve).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(verify(null, Buffer.alloc(0), key, signature)).toBe(false);
  });
});

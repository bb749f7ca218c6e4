import { createSecretKey, webcrypto } from 'node:crypto';
import { openBlob, sealBlob } from '../src/blob.js';
import { openBox, sealBox } from '../src/box.js';

const { subtle } = webcrypto;
const MATERIAL = Buffer.alloc(32, 7);
const KEY = createSecretKey(MATERIAL);
const CONTENT = Uint8Array.from([1, 2, 3]);
const BINDING = { purpose: 'test', parts: ['a', Uint8Array.of(1)] };
let drawn = 0;
const random = { bytes: (length: number) => new Uint8Array(length).fill(++drawn) };

describe('a box', () => {
  it('opens again, as a copy of its own', () => {
    const opened = openBox(KEY, sealBox(KEY, CONTENT, BINDING, random), BINDING);
    expect(opened).toEqual(CONTENT);
    expect(opened?.buffer.byteLength).toBe(CONTENT.length);
  });

  it.each([
    ['another purpose', { ...BINDING, purpose: 'tes' }],
    ['a part less', { ...BINDING, parts: ['a'] }],
    ['an empty part more', { ...BINDING, parts: [...BINDING.parts, ''] }],
    ['the parts in another order', { ...BINDING, parts: [Uint8Array.of(1), 'a'] }],
    ['the parts joined', { ...BINDING, parts: ['a\x01'] }],
  ])('does not open for %s', (_what, binding) => {
    expect(openBox(KEY, sealBox(KEY, CONTENT, BINDING, random), binding)).toBeUndefined();
  });

  it('does not open with another key', () => {
    const other = createSecretKey(Buffer.alloc(32, 8));
    expect(openBox(other, sealBox(KEY, CONTENT, BINDING, random), BINDING)).toBeUndefined();
  });
});

describe('a blob of format 1', () => {
  it('opens with WebCrypto by what the README says of it', async () => {
    const place = { keyId: 'orders', version: 3, aad: Buffer.from('context') };
    const blob = sealBlob(KEY, CONTENT, place, random);
    const [head, salt, nonce, sealed] = [[0, 5], [5, 37], [37, 49], [49]].map((range) =>
      blob.slice(...range),
    );
    const framed = [head!, Buffer.from('orders'), place.aad].flatMap((part) => [
      0,
      0,
      0,
      part.length,
      ...part,
    ]);

    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: salt!, info: Buffer.from('kkp-plugin-local blob') };
    const material = await subtle.importKey('raw', MATERIAL, 'HKDF', false, ['deriveKey']);
    const key = await subtle.deriveKey(hkdf, material, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
    const gcm = { name: 'AES-GCM', iv: nonce!, additionalData: Uint8Array.from(framed) };
    expect(new Uint8Array(await subtle.decrypt(gcm, key, sealed!))).toEqual(CONTENT);
    expect(openBlob(KEY, blob, place)).toEqual(CONTENT);
  });
});

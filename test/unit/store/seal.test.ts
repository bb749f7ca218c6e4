import { createSecretKey } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { systemRandom } from '../../../src/random.js';
import { readSealKey, seal, unseal } from '../../../src/store/index.js';
import { SeededRandom } from '../keys/fixtures.js';
import { Places } from './places.js';

const places = new Places();
afterEach(() => places.clear());

const key = createSecretKey(systemRandom.bytes(32));
const plaintext = Buffer.from('the private keys');

describe('a seal', () => {
  it('gives back what was sealed under the name', () => {
    expect(unseal(key, 'ring', seal(key, 'ring', plaintext, systemRandom))).toEqual(plaintext);
  });

  it('holds nothing of the plaintext, and differs each time', () => {
    const sealed = seal(key, 'ring', plaintext, systemRandom);
    expect(sealed.includes('private')).toBe(false);
    expect(seal(key, 'ring', plaintext, systemRandom)).not.toEqual(sealed);
  });

  it('draws a nonce of 12 bytes', () => {
    const random = new SeededRandom();
    const sealed = seal(key, 'ring', plaintext, random);
    expect(random.handedOut.map((bytes) => bytes.length)).toEqual([12]);
    expect(sealed.subarray(1, 13)).toEqual(random.handedOut[0]);
  });

  it('opens with no other key', () => {
    const other = createSecretKey(systemRandom.bytes(32));
    expect(unseal(other, 'ring', seal(key, 'ring', plaintext, systemRandom))).toBeUndefined();
  });

  it('opens under no other name', () => {
    expect(unseal(key, 'ring2', seal(key, 'ring', plaintext, systemRandom))).toBeUndefined();
  });

  it('opens with no byte changed, missing or added', () => {
    const sealed = seal(key, 'ring', plaintext, systemRandom);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(unseal(key, 'ring', changed)).toBeUndefined();
      expect(unseal(key, 'ring', sealed.subarray(0, at))).toBeUndefined();
    }
    expect(unseal(key, 'ring', Buffer.concat([sealed, Buffer.of(0)]))).toBeUndefined();
  });
});

describe('a seal key file', () => {
  it.each([0o600, 0o400])('is taken with mode %o', (mode) => {
    const bytes = systemRandom.bytes(32);
    expect(readSealKey(places.file(bytes, mode)).export()).toEqual(bytes);
  });

  it.each([0o640, 0o604, 0o644, 0o660, 0o777])('is refused with mode %o', (mode) => {
    const path = places.file(systemRandom.bytes(32));
    chmodSync(path, mode);
    expect(() => readSealKey(path)).toThrow('others than its owner may use it');
  });

  it.each<[string, Uint8Array]>([
    ['empty', Buffer.alloc(0)],
    ['31 bytes', systemRandom.bytes(31)],
    ['33 bytes', systemRandom.bytes(33)],
    ['a key and a line end', Buffer.concat([systemRandom.bytes(32), Buffer.from('\n')])],
    ['a key in hex', Buffer.from(systemRandom.bytes(32).toString('hex'))],
    ['zeros', Buffer.alloc(32)],
    ['one byte repeated', Buffer.alloc(32, 0x61)],
  ])('is refused when it is %s', (_name, bytes) => {
    expect(() => readSealKey(places.file(bytes))).toThrow('exactly 32 random bytes');
  });

  it('is refused when it is not there, or a directory', () => {
    expect(() => readSealKey(`${places.directory()}/none`)).toThrow('it cannot be read (ENOENT)');
    expect(() => readSealKey(places.directory())).toThrow('The seal key file: it cannot be read (EISDIR)');
  });
});

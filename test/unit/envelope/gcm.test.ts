import { readFileSync } from 'node:fs';
import { open, seal } from '../../../src/envelope/gcm.js';

interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly result: 'valid' | 'invalid';
}

const url = new URL('../../vectors/wycheproof-aes-gcm.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] };
const hex = (text: string) => Buffer.from(text, 'hex');
const openCase = ({ key, iv, ct, tag, aad }: Case) => open(hex(key), hex(iv), hex(ct + tag), hex(aad));
const has96Bits = ({ iv }: Case) => iv.length === 24;
const valid = cases.filter((vector) => has96Bits(vector) && vector.result === 'valid');
const invalid = cases.filter((vector) => has96Bits(vector) && vector.result === 'invalid');
const otherNonces = cases.filter((vector) => !has96Bits(vector));

describe('AES-256-GCM on the Wycheproof vectors', () => {
  it('has vectors of each sort', () => {
    expect([valid.length, invalid.length, otherNonces.length]).toEqual([39, 27, 39]);
  });

  it.each(valid)('$tcId seals and opens $comment', (vector) => {
    const { key, iv, msg, ct, tag, aad } = vector;
    expect(seal(hex(key), hex(iv), hex(msg), hex(aad)).toString('hex')).toBe(ct + tag);
    expect(openCase(vector).toString('hex')).toBe(msg);
  });

  it.each(invalid)('$tcId refuses $comment', (vector) => {
    expect(() => openCase(vector)).toThrow();
  });

  it.each(otherNonces)('$tcId refuses a nonce that is not 96 bits', (vector) => {
    expect(() => openCase(vector)).toThrow('12-byte nonce');
  });
});

describe('what is too short to have a tag', () => {
  it.each([0, 1, 15])('is refused at %i bytes', (length) => {
    expect(() => open(Buffer.alloc(32), Buffer.alloc(12), Buffer.alloc(length), Buffer.alloc(0))).toThrow(
      'a tag',
    );
  });
});

import { decodeBase64url } from '../../src/base64url.js';

describe('base64url', () => {
  it.each([
    ['', []],
    ['AA', [0]],
    ['_-8', [255, 239]],
    ['AAEC', [0, 1, 2]],
  ])('%p is read', (text, bytes) => {
    expect(decodeBase64url(text)).toEqual(Buffer.from(bytes));
  });

  it.each([
    'A',
    'AB',
    'AAB',
    'AA==',
    'AA=',
    '/+8',
    'A A',
    ' AA',
    'AA\n',
    'AA\0',
    'AA.',
    'ＡＡ',
    'AAA\u{1d11e}',
    '=',
  ])('%p is no canonical spelling', (text) => {
    expect(decodeBase64url(text)).toBeUndefined();
  });

  it('takes one of the 16 spellings of a 64-byte signature', () => {
    const text = Buffer.alloc(64, 7).toString('base64url');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const same = [...alphabet]
      .map((last) => text.slice(0, -1) + last)
      .filter((other) => Buffer.from(other, 'base64url').equals(Buffer.alloc(64, 7)));
    expect(same).toHaveLength(16);
    expect(same.filter((other) => decodeBase64url(other))).toEqual([text]);
  });
});

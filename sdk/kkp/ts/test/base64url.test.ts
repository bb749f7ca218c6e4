import { decodeBase64url, encodeBase64url } from '../src/base64url.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('base64url', () => {
  it.each([0, 1, 2, 3, 4, 255, 256, 32_767, 32_768, 32_769, 100_000])(
    'is that of Buffer for %d bytes',
    (length) => {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 151) & 255);
      const text = Buffer.from(bytes).toString('base64url');
      expect(encodeBase64url(bytes)).toBe(text);
      expect(Buffer.from(decodeBase64url(text)!).equals(bytes)).toBe(true);
    },
  );

  it.each([2, 3])('has exactly one text for the last bytes of a text of %d characters', (length) => {
    const accepted = Array.from(ALPHABET, (last) =>
      decodeBase64url('AAA'.slice(0, length - 1) + last),
    ).filter(Boolean);
    expect(accepted).toHaveLength(length === 2 ? 4 : 16);
  });

  it.each(['A', 'AAAAA', 'AA==', 'AAA=', '+AAA', '/AAA', 'AA A', 'AAAA\n', '\nAAAA', 'é', 'AA.A', 'Ａ'])(
    'refuses %j',
    (text) => expect(decodeBase64url(text)).toBeUndefined(),
  );
});

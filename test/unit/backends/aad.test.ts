import fc from 'fast-check';
import { bindAad, canonicalAad } from '../../../src/backends/index.js';
import { MAX_AAD_BYTES } from '../../../src/backends/aad.js';
import { thrownBy } from './setup.js';

const hex = (map: Record<string, string>) => canonicalAad(map).toString('hex');

describe('canonicalAad', () => {
  it.each([
    ['nothing', {}, '0100000000'],
    ['one pair', { a: 'bc' }, '01' + '00000001' + '00000001' + '61' + '00000002' + '6263'],
    ['an empty value', { a: '' }, '01' + '00000001' + '00000001' + '61' + '00000000'],
    [
      'two pairs in the order of their keys',
      { b: '2', a: '1' },
      '01' + '00000002' + '0000000161' + '0000000131' + '0000000162' + '0000000132',
    ],
    ['length in bytes, not characters', { é: '€' }, '01' + '00000001' + '00000002c3a9' + '00000003e282ac'],
  ])('has known bytes for %s', (_what, map, expected) => {
    expect(hex(map)).toBe(expected);
  });

  it('orders keys by UTF-8 bytes, where UTF-16 order is another', () => {
    const [bmp, astral] = ['\uFF5E', '\u{1F600}'];
    expect(bmp > astral).toBe(true);
    const bytes = hex({ [astral]: '2', [bmp]: '1' });
    expect(bytes.indexOf('efbd9e')).toBeLessThan(bytes.indexOf('f09f9880'));
  });

  it.each([
    [{ a: 'bc' }, { ab: 'c' }],
    [{ a: 'b', c: 'd' }, { a: 'bcd' }],
    [{ a: '' }, {}],
    [
      { a: '1', b: '2' },
      { a: '2', b: '1' },
    ],
    [{ e: '\u00e9' }, { e: 'e\u0301' }],
  ])('tells %j from %j', (one, other) => {
    expect(hex(one as Record<string, string>)).not.toBe(hex(other as Record<string, string>));
  });

  it('is the same for every order of insertion, and another for every other map', () => {
    const map = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
      maxKeys: 5,
    });
    fc.assert(
      fc.property(map, map, (one, other) => {
        const reversed = Object.fromEntries(Object.entries(one).reverse());
        expect(hex(reversed)).toBe(hex(one));
        const same =
          JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
        expect(hex(one) === hex(other)).toBe(same);
      }),
    );
  });

  it.each([
    ['a lone surrogate in a value', { a: '\ud800' }],
    ['a lone surrogate in a key', { '\udc00': 'a' }],
    ['surrogates in the wrong order', { a: '\udc00\ud800' }],
    ['more than the limit', { a: 'x'.repeat(MAX_AAD_BYTES) }],
  ])('refuses %s', (_what, map) => {
    const error = thrownBy(() => canonicalAad(map));
    expect(error).toMatchObject({ name: 'KkpError', code: 'invalid_request' });
  });

  it('takes a string up to the limit', () => {
    const overhead = canonicalAad({ a: '' }).length;
    expect(canonicalAad({ a: 'x'.repeat(MAX_AAD_BYTES - overhead) })).toHaveLength(MAX_AAD_BYTES);
  });
});

describe('bindAad', () => {
  it('keeps its map when the one it was made of changes', () => {
    const map = { a: '1' };
    const bound = bindAad(map);
    map.a = '2';
    expect(bound.map).toEqual({ a: '1' });
    expect(Buffer.from(bound.bytes).toString('hex')).toBe(hex({ a: '1' }));
    expect(Object.isFrozen(bound.map)).toBe(true);
  });
});

import fc from 'fast-check';
import { parseForm } from '../../../src/server/form-parser.js';

const parse = (text: string) => parseForm(Buffer.from(text));

describe('a form', () => {
  it('is read as it was written, by any writer of forms', () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })));
    fc.assert(
      fc.property(pairs, (given) => {
        const expected: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
        for (const [name, value] of given) (expected[name] ??= []).push(value);
        const read = parse(new URLSearchParams(given).toString())!;
        expect(Object.keys(read).sort()).toEqual(Object.keys(expected).sort());
        for (const [name, value] of Object.entries(read))
          expect([value].flat()).toEqual(expected[name]!.slice(0, 2));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['', {}],
    ['&&', {}],
    ['a', { a: '' }],
    ['a=', { a: '' }],
    ['=b', { '': 'b' }],
    ['a=b=c', { a: 'b=c' }],
    ['a+b=c+d%2B', { 'a b': 'c d+' }],
    ['a=%C3%A9é', { a: 'éé' }],
    ['a=1&a=2&%61=3', { a: ['1', '2'] }],
    ['\ufeffa=1', { '\ufeffa': '1' }],
  ])('%p is %p', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it('of more parameters than any form of ours has is none, and costs no more than to count them', () => {
    expect(Object.keys(parse(Array.from({ length: 100 }, (_, at) => `p${at}=1`).join('&'))!)).toHaveLength(
      100,
    );
    for (const text of ['a&'.repeat(32_768), '&a='.repeat(101), 'a=1&'.repeat(100)])
      expect(parse(text)).toBeUndefined();
  });

  it.each(['a=%', 'a=%2', 'a=%zz', '%=a', 'a=%ff', 'a=%c0%af', 'a=%ed%a0%80', 'a=%e2%82'])(
    '%p is none',
    (text) => {
      expect(parse(text)).toBeUndefined();
    },
  );

  it('has no prototype to write to', () => {
    const read = parse('__proto__=x&constructor=y')!;
    expect(Object.entries(read)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});

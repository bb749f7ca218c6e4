import { StrictJsonError, parseStrictJson } from '../src/strict-json.js';

const parse = (text: string, maxDepth?: number) => parseStrictJson(new TextEncoder().encode(text), maxDepth);

// The shared token vectors hold the long list of faults; here is what they cannot reach.
describe('parseStrictJson', () => {
  it('gives what JSON.parse gives', () => {
    const text =
      '{"a":[1,-0.5e3,true,null,"x\\u0041\\ud83d\\ude00"],"":{},"b":{"a":{"a":[]}},"__proto__":{"c":1}}';
    expect(JSON.stringify(parse(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('does not take what looks like structure inside a string for structure', () => {
    const value = { a: '{"a":1,"a":2}', b: '\\"a":{', 'a":"': ':[[' };
    expect(parse(JSON.stringify(value), 1)).toEqual(value);
  });

  it('does not take a value for a name', () => {
    expect(parse('{"a":"b","b":"a","c":["a","a"]}')).toEqual({ a: 'b', b: 'a', c: ['a', 'a'] });
  });

  it.each([
    '{"a":1,"a":1}',
    '{"a":{"b":"a","b":1}}',
    '{"\\\\":1,"\\u005c":2}',
    '{"a":[],"b":[{"c":0,"c":0}]}',
  ])('refuses a name twice: %s', (text) => expect(() => parse(text)).toThrow(StrictJsonError));

  it.each([1, 2, 32, 64])('takes nesting of %d and refuses one more', (depth) => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
    expect(parse(nested(depth), depth)).toBeInstanceOf(Object);
    expect(() => parse(nested(depth + 1), depth)).toThrow('nested too deep');
  });

  it('refuses a million levels without running out of stack', () => {
    const text = `{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`;
    expect(() => parse(text)).toThrow(StrictJsonError);
  });

  it('reads megabytes of string, escaped or not', () => {
    const value = { plain: 'x'.repeat(4_000_000), escaped: '"\\\n'.repeat(1_000_000) };
    expect(parse(JSON.stringify(value))).toEqual(value);
  });

  it.each(['[]', '"a"', '1', 'null', 'true', ''])('refuses %j, which is no object', (text) => {
    expect(() => parse(text)).toThrow(StrictJsonError);
  });

  it('says nothing of the text it refuses', () => {
    for (const text of ['{"SECRET":1,"SECRET":2}', '{SECRET', '{"a":"SECRET\\ud800"}', '["SECRET"]']) {
      expect(() => parse(text)).toThrow(/^(?!.*SECRET)/);
    }
  });
});

import { mergeData } from '../../../../src/policy/source/data.js';

const merge = (contents: Record<string, string | Uint8Array>): unknown =>
  JSON.parse(
    JSON.stringify(
      mergeData(new Map(Object.entries(contents).map(([name, body]) => [name, Buffer.from(body)]))),
    ),
  ) as unknown;

describe('the data of a policy', () => {
  it.each<[string, Record<string, string | Uint8Array>, string]>([
    ['a file that is not JSON', { 'data.json': '{' }, 'data.json is not JSON'],
    ['an empty file', { 'a/data.json': '' }, 'a/data.json is not JSON'],
    ['a file that is not UTF-8', { 'data.json': Buffer.from([0x22, 0xff, 0x22]) }, 'data.json is not UTF-8'],
    ['a top file that is no object', { 'data.json': '[]' }, 'data.json is not a JSON object'],
    ['a top file that is null', { 'data.json': 'null' }, 'data.json is not a JSON object'],
    ['two values for one place', { 'data.json': '{"a":1}', 'a/data.json': '{}' }, 'gives a a value'],
    ['two values further down', { 'a/data.json': '{"b":{"c":1}}', 'a/b/data.json': '{"c":2}' }, 'gives c'],
    ['a list for one place twice', { 'data.json': '{"a":[1]}', 'a/data.json': '[2]' }, 'gives a'],
    ['a null that another file replaces', { 'data.json': '{"a":null}', 'a/data.json': '1' }, 'gives a'],
    ['YAML', { 'data.json': '{}', 'a/data.yaml': 'x: 1' }, 'a/data.yaml is not read'],
    ['YAML by its other name', { 'data.yml': 'x: 1' }, 'data.yml is not read'],
  ])('are refused with %s', (_, contents, text) => {
    expect(() => merge(contents)).toThrow(text);
  });

  it.each<[string, Record<string, string>, unknown]>([
    ['nothing', {}, {}],
    ['one file', { 'data.json': '{"a":[1,{"b":null}]}' }, { a: [1, { b: null }] }],
    ['a file in a folder, at its place', { 'a/b/data.json': '{"c":1}' }, { a: { b: { c: 1 } } }],
    ['a value that is no object, in a folder', { 'a/data.json': '[1]' }, { a: [1] }],
    [
      'objects that meet',
      { 'data.json': '{"a":{"b":{"x":1}}}', 'a/b/data.json': '{"y":2}', 'a/data.json': '{"z":3}' },
      { a: { b: { x: 1, y: 2 }, z: 3 } },
    ],
    [
      'other files beside it',
      { 'data.json': '{"a":1}', 'x.json': '{"a":2}', 'metadata.json': '[' },
      { a: 1 },
    ],
  ])('are made of %s', (_, contents, expected) => {
    expect(merge(contents)).toEqual(expected);
  });

  it('take a name such as __proto__ for a name like any other', () => {
    const polluting = { 'data.json': '{"a":{"__proto__":{"x":1}}}', 'a/__proto__/data.json': '{"y":2}' };
    const data = mergeData(
      new Map(Object.entries(polluting).map(([name, body]) => [name, Buffer.from(body)])),
    );
    expect(JSON.stringify(data)).toBe('{"a":{"__proto__":{"x":1,"y":2}}}');
    expect(({} as { y?: number }).y).toBeUndefined();
  });
});

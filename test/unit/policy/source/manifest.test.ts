import { readManifest } from '../../../../src/policy/source/manifest.js';

const read = (contents: Record<string, string>) =>
  readManifest(new Map(Object.entries(contents).map(([name, body]) => [name, Buffer.from(body)])));

const wasm = (...resolvers: unknown[]) => JSON.stringify({ wasm: resolvers });

describe('the manifest of a bundle', () => {
  it.each<[string, Record<string, string>, string]>([
    ['signatures', { '.signatures.json': '{}', '.manifest': '{}' }, 'the bundle is signed'],
    ['a patch', { 'patch.json': '{}' }, 'the bundle is a delta'],
    ['a manifest that is not JSON', { '.manifest': 'x' }, '.manifest is not JSON'],
    ['a manifest that is a list', { '.manifest': '[]' }, '.manifest is not a JSON object'],
    ['a revision that is no text', { '.manifest': '{"revision":1}' }, 'revision'],
    ['a revision with a line break', { '.manifest': '{"revision":"a\\nb"}' }, 'revision'],
    ['a revision too long', { '.manifest': JSON.stringify({ revision: 'a'.repeat(201) }) }, 'revision'],
    ['resolvers that are no list', { '.manifest': '{"wasm":"policy.wasm"}' }, 'wasm is not an array'],
    ['a resolver without a module', { '.manifest': wasm({ entrypoint: 'a/b' }) }, 'wasm is not an array'],
    ['a module that is missing', { '.manifest': wasm({ entrypoint: 'a', module: '/b.wasm' }) }, '/b.wasm'],
  ])('is refused with %s', (_, contents, text) => {
    expect(() => read(contents)).toThrow(text);
  });

  it('names the revision, and the module of each entry point', () => {
    const manifest = JSON.stringify({
      revision: 'v1 2026-11-24',
      roots: ['kkp'],
      wasm: [
        { entrypoint: 'kkp/authz/allow', module: '/policy.wasm' },
        { entrypoint: 'kkp/other', module: '/other.wasm' },
      ],
    });
    expect(read({ '.manifest': manifest, 'policy.wasm': 'x', 'other.wasm': 'y' })).toEqual({
      revision: 'v1 2026-11-24',
      modules: new Map([
        ['kkp/authz/allow', 'policy.wasm'],
        ['kkp/other', 'other.wasm'],
      ]),
    });
  });

  it.each<[string, Record<string, string>]>([
    ['no manifest', {}],
    ['an empty one', { '.manifest': '{}' }],
    ['an empty revision', { '.manifest': '{"revision":"","roots":[""]}' }],
  ])('names nothing with %s', (_, contents) => {
    expect(read(contents)).toEqual({ modules: new Map() });
  });
});

import { jest } from '@jest/globals';
import { defineKmsPlugin, type KmsPluginFactory, type KmsPluginOptions } from 'kkp-plugin-kit';
import { loadBackendPlugins } from '../../../src/backends/index.js';
import type { ConfigError } from '../../../src/config-error.js';
import type { ImportPackage } from '../../../src/import-package.js';
import { fakePlugin } from './fake-backend.js';

interface Options extends KmsPluginOptions {
  readonly region: string;
}

const factory: KmsPluginFactory<Options> = defineKmsPlugin({
  kind: 'fake',
  parseConfig: (read) => read.string('region', 'must be a region', (value) => /^[a-z]+-\d$/.test(value)),
  plugin: (_region, name) => ({ create: (host) => fakePlugin(name).create(host) }),
});
const found: ImportPackage = () => Promise.resolve({ default: factory });
const missing = (name: string) =>
  Promise.reject(Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' }));

describe('loadBackendPlugins', () => {
  it('makes plugins of entries, in their order, of the packages that they name', async () => {
    const load = jest.fn(found);
    const plugins = await loadBackendPlugins(
      [
        { kind: 'kkp-plugin-fake', name: 'a', region: 'eu-1' },
        { kind: '@acme/kkp-plugin-fake', name: 'b', region: 'eu-2' },
        { kind: 'memory', name: 'c', region: 'eu-3' },
      ],
      load,
    );
    expect(plugins.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(load.mock.calls).toEqual([['kkp-plugin-fake'], ['@acme/kkp-plugin-fake'], ['kkp-plugin-memory']]);
  });

  it.each([
    'left-pad',
    'kkp-plugin-',
    'kkp-plugin-A',
    'kkp-plugin-a/b',
    'my-kkp-plugin-a',
    '@acme/plugin',
    '@acme/kkp-plugin-a/dist',
    '@../kkp-plugin-a',
    './kkp-plugin-a',
    '../kkp-plugin-a',
    '/tmp/kkp-plugin-a',
    'file:///tmp/kkp-plugin-a',
    'https://example.com/kkp-plugin-a',
    'data:text/javascript,kkp-plugin-a',
    'node:fs',
    'fs',
    'kkp-plugin-a\n',
    'kkp-plugin-a\u0000',
    'kkp-plugin-a?x',
    'kkp-plugin-%2e',
    '__proto__',
    'constructor',
    '',
  ])('does not import %j', async (kind) => {
    const load = jest.fn(found);
    const loading = loadBackendPlugins([{ kind, name: 'a', region: 'eu-1' }], load);
    await expect(loading).rejects.toThrow(
      /KKP_CONFIG file, backends\[0\]\.kind: got (text|an empty value)\. Allowed: "aws", .*"vault" or the name of a package/,
    );
    expect(load).not.toHaveBeenCalled();
  });

  it.each<[string, ImportPackage, RegExp]>([
    ['is not installed', missing, /kkp-plugin-x is not installed: npm install kkp-plugin-x/],
    [
      'needs what is not installed',
      () => missing('left-pad'),
      /failed to load: Cannot find package 'left-pad'/,
    ],
    ['throws as it loads', () => Promise.reject(new Error('boom')), /kkp-plugin-x failed to load: boom/],
    ['has no default export', () => Promise.resolve({}), /no plugin for API 1/],
    ['exports a plain function', () => Promise.resolve({ default: () => undefined }), /no plugin for API 1/],
    [
      'is of another API',
      () => Promise.resolve({ default: Object.assign(() => undefined, { apiVersion: 2, kind: 'x' }) }),
      /no plugin for API 1/,
    ],
  ])('says so when a package %s', async (_what, load, message) => {
    await expect(loadBackendPlugins([{ kind: 'kkp-plugin-x', name: 'a' }], load)).rejects.toThrow(message);
  });

  it('tells the faults of all entries at once, and no value', async () => {
    const entries = [
      { kind: './x', name: 'a' },
      { kind: 'kkp-plugin-x', name: 'fine', region: 'eu-1' },
      { kind: 'kkp-plugin-x', name: 'b', region: 'hunter2-secret', key: 'hunter3' },
    ];
    const error = await loadBackendPlugins(entries, found).catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message).toMatch(/KKP_CONFIG file, backends\[0\]\.kind: got text\./);
    expect((error as Error).message).toMatch(
      /KKP_CONFIG file, backends\[2\]: .*region: must be a region.*key: is unknown/,
    );
    expect((error as Error).message).not.toMatch(/backends\[1\]|hunter/);
  });

  const faultsOf = (...entries: unknown[]): Promise<readonly string[]> =>
    loadBackendPlugins(entries, found).then(
      () => [],
      (error: unknown) => (error as ConfigError).faults,
    );
  const fine = { kind: 'kkp-plugin-x', name: 'fine', region: 'eu-1' };
  const NAME = 'Allowed: 1 to 63 of a-z, 0-9, ".", "_" and "-", starting with a letter or digit.';

  it.each<[what: string, entry: unknown, faults: string[]]>([
    ['a number', 5, ['backends[1]: got a number. Allowed: an object with "kind", "name"']],
    ['nothing', null, ['backends[1]: got nothing.']],
    ['a list', [fine], ['backends[1]: got a list.']],
    ['without a name', { ...fine, name: undefined }, [`backends[1].name: got nothing. ${NAME}`]],
    ['with an empty name', { ...fine, name: '' }, [`backends[1].name: got an empty value. ${NAME}`]],
    ['with a number for a name', { ...fine, name: 7 }, [`backends[1].name: got a number. ${NAME}`]],
    ['with a name in capitals', { ...fine, name: 'HUNTER' }, [`backends[1].name: got text. ${NAME}`]],
    ['without a kind', { ...fine, kind: null }, ['backends[1].kind: got nothing. Allowed: "aws", ']],
    ['with a list of kinds', { ...fine, kind: ['kkp-plugin-x'] }, ['backends[1].kind: got a list.']],
    ['of nothing', {}, ['backends[1].kind: got nothing.', 'backends[1].name: got nothing.']],
  ])(
    'refuses an entry that is or comes %s, by its place, beside the faults of the others',
    async (...row) => {
      const [, entry, texts] = row;
      const faults = await faultsOf({ ...fine, name: 'a' }, entry, { ...fine, name: 'b', region: 'hunter2' });
      const expected = [...texts, 'backends[2]: A backend of kind "fake" has faulty options. region: must'];
      expect(faults).toHaveLength(expected.length);
      for (const [index, text] of expected.entries()) {
        expect(faults[index]).toContain(`KKP_CONFIG file, ${text}`);
      }
    },
  );

  it('refuses a name for the second time, beside the faults of its options', async () => {
    const other = { ...fine, name: 'other' };
    expect(await faultsOf(other, fine, { ...fine, region: 'hunter2' }, fine)).toEqual([
      'KKP_CONFIG file, backends[2]: A backend of kind "fake" has faulty options. region: must be a region.',
      'KKP_CONFIG file, backends[2].name: the same as backends[1].name. Allowed: a name that no other backend has.',
      'KKP_CONFIG file, backends[3].name: the same as backends[1].name. Allowed: a name that no other backend has.',
    ]);
  });

  it('does not take missing names for the same', async () => {
    expect(await faultsOf({ kind: 'memory' }, { kind: 'memory' })).toHaveLength(2);
  });

  it('does not hand the kind to the plugin', async () => {
    const strict = jest.fn(() => fakePlugin('a'));
    const plugin = Object.assign(strict, { apiVersion: 1, kind: 'x' });
    await loadBackendPlugins([{ kind: 'kkp-plugin-x', name: 'a', region: 'r' }], () =>
      Promise.resolve({ default: plugin }),
    );
    expect(strict).toHaveBeenCalledWith({ name: 'a', region: 'r' });
  });
});

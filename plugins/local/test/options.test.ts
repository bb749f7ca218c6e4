import { isKmsPluginFactory, KmsPluginConfigError } from 'kkp-plugin-kit';
import defaultExport, { local } from 'kkp-plugin-local';

const RIGHT = { name: 'disk', dir: '/var/lib/kkp', rootKeyFile: '/etc/kkp/root.key' };

function faultsOf(options: object): readonly string[] {
  try {
    local({ ...RIGHT, ...options });
    return [];
  } catch (error) {
    if (!(error instanceof KmsPluginConfigError)) throw error;
    return error.faults.map(({ path }) => path);
  }
}

describe('the factory', () => {
  it('is the default export, of kind local', () => {
    expect(isKmsPluginFactory(defaultExport)).toBe(true);
    expect(local(RIGHT)).toMatchObject({ kind: 'local', name: 'disk', apiVersion: 1 });
  });
});

describe('options that are taken', () => {
  it.each<[string, object]>([
    ['a root key', {}],
    ['a passphrase', { rootKeyFile: undefined, passphraseFile: '/etc/kkp/passphrase' }],
    ['relative paths', { dir: 'keys', rootKeyFile: 'root.key' }],
    ['a root key beside the store', { dir: '/kkp/store', rootKeyFile: '/kkp/root.key' }],
    ['a root key in a directory that begins like the store', { dir: '/kkp', rootKeyFile: '/kkp-root/key' }],
    ['a root key whose path leaves the store', { dir: '/kkp', rootKeyFile: '/kkp/../root.key' }],
    ['a root key in a hidden directory', { dir: '/kkp/store', rootKeyFile: '/kkp/..root/key' }],
  ])('%s', (_what, options) => {
    expect(faultsOf(options)).toEqual([]);
  });
});

describe('options that are refused', () => {
  it.each<[string, object, string[]]>([
    ['no directory', { dir: undefined }, ['dir']],
    ['an empty directory', { dir: '' }, ['dir']],
    ['a directory with a null', { dir: '/a\0b' }, ['dir']],
    ['a directory that is a number', { dir: 7 }, ['dir']],
    ['no root', { rootKeyFile: undefined }, ['rootKeyFile']],
    ['two roots', { passphraseFile: '/p' }, ['rootKeyFile']],
    ['a root key of no path', { rootKeyFile: '' }, ['rootKeyFile']],
    ['a root key in the store', { rootKeyFile: '/var/lib/kkp/root.key' }, ['rootKeyFile']],
    ['a root key deep in the store', { rootKeyFile: '/var/lib/kkp/a/b' }, ['rootKeyFile']],
    [
      'a root key in the store by another path',
      { rootKeyFile: '/var/lib/x/../kkp/root.key' },
      ['rootKeyFile'],
    ],
    ['the store itself as its root key', { rootKeyFile: '/var/lib/kkp' }, ['rootKeyFile']],
    ['a hidden name in the store', { rootKeyFile: '/var/lib/kkp/..key' }, ['rootKeyFile']],
    [
      'a passphrase in the store',
      { rootKeyFile: undefined, passphraseFile: '/var/lib/kkp/p' },
      ['passphraseFile'],
    ],
    ['the passphrase itself', { passphrase: 'secret' }, ['passphrase']],
    ['an option in snake case', { root_key_file: '/x' }, ['root_key_file']],
  ])('%s', (_what, options, faults) => {
    expect(faultsOf(options)).toEqual(faults);
  });

  it('are all told at once, and no value is', () => {
    const attempt = () => local({ name: 'SECRET', dir: '', rootKeyFile: '' });
    expect(attempt).toThrow(/name: .*dir: .*rootKeyFile: /);
    expect(attempt).not.toThrow(/SECRET/);
  });
});

import {
  defineKmsPlugin,
  isKmsPluginFactory,
  KmsPluginConfigError,
  type KmsPluginFactory,
  type KmsPluginOptions,
  type OptionReader,
} from 'kkp-plugin-kit';

interface Options extends KmsPluginOptions {
  readonly address: string;
}

const parseConfig = (read: OptionReader) => ({
  address: read.string('address', 'must be an https URL', (value) => value.startsWith('https://')),
  token: read.optionalString('token', 'must not be empty', (value) => value !== ''),
  mode: read.oneOf('mode', ['fast', 'safe'], 'safe'),
  strict: read.boolean('strict', true),
  scopes: read.strings('scopes'),
});

const created: unknown[] = [];
const vault: KmsPluginFactory<Options> = defineKmsPlugin({
  kind: 'vault',
  parseConfig,
  plugin(config, name) {
    created.push({ config, name });
    return { create: () => Promise.reject(new Error('not used')) as never };
  },
});

beforeEach(() => void created.splice(0));

describe('a factory made by defineKmsPlugin', () => {
  it('makes a frozen plugin of checked options, with what was left out filled in', () => {
    const plugin = vault({ name: 'eu', address: 'https://vault' });
    expect(plugin).toMatchObject({ apiVersion: 1, kind: 'vault', name: 'eu' });
    expect(Object.isFrozen(plugin)).toBe(true);
    const config = { address: 'https://vault', token: undefined, mode: 'safe', strict: true, scopes: [] };
    expect(created).toEqual([{ config, name: 'eu' }]);
  });

  it('tells all faults at once, and nothing of the values', () => {
    const faulty = {
      name: 'EU',
      address: 'http://s3cret',
      token: '',
      mode: 's3cret',
      strict: 1,
      scopes: [null],
    };
    const error = refusal(faulty);
    expect(error.message).toBe(
      'A backend of kind "vault" has faulty options. name: must be 1 to 63 of a-z, 0-9, dot, underscore and hyphen, ' +
        'starting with a letter or a digit; address: must be an https URL; token: must not be empty; ' +
        'mode: must be one of fast, safe; strict: must be true or false; scopes: must be a list of strings.',
    );
    expect(error.code).toBe('invalid-plugin-options');
    expect(created).toEqual([]);
  });

  it('refuses an option that nobody reads, and says which there are', () => {
    expect(refusal({ name: 'eu', address: 'https://vault', adress: 's3cret' }).faults).toEqual([
      { path: 'adress', allowed: 'is unknown; allowed are name, address, token, mode, strict, scopes' },
    ]);
  });

  it.each(['', 'Eu', '-eu', '.eu', 'e u', 'eu\n', 'é', 'e'.repeat(64)])('refuses the name %j', (name) => {
    expect(refusal({ name, address: 'https://vault' }).faults.map(({ path }) => path)).toEqual(['name']);
  });

  it.each(['e', '0', 'eu-west.1_a', 'e'.repeat(63)])('takes the name %j', (name) => {
    expect(vault({ name, address: 'https://vault' }).name).toBe(name);
  });

  it.each([undefined, null, 'eu', 7, [], () => undefined])('refuses %p in place of options', (options) => {
    expect(refusal(options).faults[0]).toEqual({ path: 'options', allowed: 'must be an object' });
  });

  it('reads no option from a prototype', () => {
    const inherited: unknown = Object.create({ name: 'eu', address: 'https://vault' });
    expect(refusal(inherited).faults.map(({ path }) => path)).toEqual(['name', 'address']);
  });
});

describe('defineKmsPlugin', () => {
  it.each(['', 'AWS', 'a/b', '-x'])('refuses the kind %j', (kind) => {
    const plugin = () => ({ create: () => ({}) as never });
    expect(() => defineKmsPlugin({ kind, parseConfig, plugin })).toThrow(TypeError);
  });
});

describe('isKmsPluginFactory', () => {
  it('knows a factory', () => {
    expect(isKmsPluginFactory(vault)).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['a bare function', () => undefined],
    ['a plugin', vault({ name: 'eu', address: 'https://vault' })],
    ['a factory of another version', Object.assign(() => undefined, { apiVersion: 2, kind: 'vault' })],
    ['a function without a kind', Object.assign(() => undefined, { apiVersion: 1 })],
  ])('does not take %s for one', (_, value) => {
    expect(isKmsPluginFactory(value)).toBe(false);
  });
});

function refusal(options: unknown): KmsPluginConfigError {
  try {
    vault(options as Options);
  } catch (error) {
    if (error instanceof KmsPluginConfigError) return error;
  }
  throw new Error('The options were not refused with KmsPluginConfigError.');
}

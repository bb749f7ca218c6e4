import type { KmsPluginConfigError } from 'kkp-plugin-kit';
import { pkcs11 } from 'kkp-plugin-pkcs11';

const LEAST = { name: 'hsm', module: '/usr/lib/hsm.so', tokenLabel: 'kkp', pinFile: '/run/secrets/pin' };

const faultsOf = (options: object): string[] => {
  try {
    pkcs11({ ...LEAST, ...options });
    return [];
  } catch (error) {
    return (error as KmsPluginConfigError).faults.map(({ path }) => path);
  }
};

it.each<[string, object]>([
  ['the least', {}],
  ['a serial number instead of a label', { tokenLabel: undefined, tokenSerial: 'a1b2c3' }],
  ['a label with blanks', { tokenLabel: 'My HSM' }],
  ['a variable for the PIN', { pinFile: undefined, pinEnv: 'HSM_PIN' }],
  ['key wrap', { mechanism: 'CKM_AES_KEY_WRAP_PAD' }],
  ['IVs of the module', { iv: 'module' }],
  ['every bound at its least', { sessions: 1, queue: 0, hungSeconds: 1, rememberKeysSeconds: 0 }],
  ['every bound at its most', { sessions: 128, queue: 10_000, hungSeconds: 600, rememberKeysSeconds: 300 }],
  ['variables for the module', { env: ['SOFTHSM2_CONF', '_A1'] }],
])('%s is taken', (_what, options) => {
  expect(faultsOf(options)).toEqual([]);
});

it.each<[string, object, string[]]>([
  ['no module', { module: undefined }, ['module']],
  ['a relative module', { module: 'hsm.so' }, ['module']],
  ['a module with a NUL', { module: '/a\0b' }, ['module']],
  ['no token', { tokenLabel: undefined }, ['tokenLabel']],
  ['a label that is too long', { tokenLabel: 'a'.repeat(33) }, ['tokenLabel']],
  ['a label that ends with a blank', { tokenLabel: 'a ' }, ['tokenLabel']],
  ['a serial number that is too long', { tokenSerial: '1'.repeat(17) }, ['tokenSerial']],
  ['no PIN', { pinFile: undefined }, ['pinFile']],
  ['two PINs', { pinEnv: 'HSM_PIN' }, ['pinFile']],
  ['a PIN itself', { pin: '1234' }, ['pin']],
  ['a relative file of the PIN', { pinFile: 'pin' }, ['pinFile']],
  ['a variable of the PIN that is none', { pinFile: undefined, pinEnv: '12 34' }, ['pinEnv']],
  ['an unknown mechanism', { mechanism: 'CKM_AES_CBC' }, ['mechanism']],
  ['IVs for key wrap', { iv: 'module', mechanism: 'CKM_AES_KEY_WRAP_PAD' }, ['iv']],
  ['no session', { sessions: 0 }, ['sessions']],
  ['too many sessions', { sessions: 129 }, ['sessions']],
  ['a negative queue', { queue: -1 }, ['queue']],
  ['a hang without end', { hungSeconds: 601 }, ['hungSeconds']],
  ['a memory without end', { rememberKeysSeconds: 301 }, ['rememberKeysSeconds']],
  ['a variable with a value', { env: ['A=B'] }, ['env']],
  ['the PIN for the module', { pinFile: undefined, pinEnv: 'HSM_PIN', env: ['HSM_PIN'] }, ['env']],
])('%s is refused', (_what, options, paths) => {
  expect(faultsOf(options)).toEqual(paths);
});

it('no value is told with a fault', () => {
  const options = { ...LEAST, pin: 'S3CRET' };
  expect(() => pkcs11(options)).toThrow(/^(?!.*S3CRET).*pin: is unknown/);
});

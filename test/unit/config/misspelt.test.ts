import { readSettings, SETTINGS, type Setting } from '../../../src/config/index.js';

const VARIABLES = [
  'KKP_CONFIG',
  ...Object.values(SETTINGS as Record<string, Setting<unknown>>).flatMap(({ env }) => env ?? []),
];

describe('a variable that is no setting', () => {
  it.each([
    ['a letter left out', 'KKP_TOKN_TTL_SECS', 'KKP_TOKEN_TTL_SECS'],
    ['a letter too many', 'KKP_CONFIGG', 'KKP_CONFIG'],
    ['a letter too many in front', 'KKP_XLISTEN_ADDR', 'KKP_LISTEN_ADDR'],
    ['another letter', 'KKP_POLICE_PATH', 'KKP_POLICY_PATH'],
    ['two other letters', 'KKP_CONVUG', 'KKP_CONFIG'],
    ['two letters swapped', 'KKP_KEY_TLT_SECS', 'KKP_KEY_TTL_SECS'],
    ['two letters left out', 'KKP_KEY_ROTAION_SEC', 'KKP_KEY_ROTATION_SECS'],
    ['the end missing', 'KKP_MAX_ACTIVE_KE', 'KKP_MAX_ACTIVE_KEYS'],
    ['a name between two, nearer to the first', 'KKP_OKEY_TTL_SECS', 'KKP_KEY_TTL_SECS'],
    ['a name between two, nearer to the second', 'KKP_OKEN_TTL_SECS', 'KKP_TOKEN_TTL_SECS'],
  ])('is a fault with %s', (_what, name, near) => {
    expect(readSettings({ [name]: 'hunter2' }).faults).toEqual([
      `${name}: no such variable. Did you mean ${near}?`,
    ]);
  });

  it.each([
    ['far from every name', 'KKP_TEST_URL'],
    ['three letters away', 'KKP_CONFIGURE'],
    ['without the prefix', 'KMS_CONFIG'],
  ])('is let through %s', (_what, name) => {
    expect(readSettings({ [name]: 'x' }).faults).toEqual([]);
  });

  it('is let through when it is not set', () => {
    expect(readSettings({ KKP_CONFIGG: undefined }).faults).toEqual([]);
  });

  it.each(['KKP', ...VARIABLES, ...VARIABLES.map((name) => name.replace(/_[^_]*$/, ''))])(
    'is let through when Kubernetes sets it for a service like %s',
    (service) => {
      const names = ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_HTTP', 'PORT', 'PORT_8080_TCP'];
      const parts = ['PROTO', 'PORT', 'ADDR'].map((part) => `PORT_1_UDP_${part}`);
      const env = Object.fromEntries([...names, ...parts].map((name) => [`${service}_${name}`, 'x']));
      expect(readSettings(env).faults).toEqual([]);
    },
  );
});

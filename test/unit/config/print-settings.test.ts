import { printableSettings, readSettings, type Settings } from '../../../src/config/index.js';

const settings = (env: Record<string, string> = {}): Settings => readSettings(env).values as Settings;
const printedEntry = (entry: object): unknown =>
  printableSettings({ ...settings(), backends: [{ kind: 'x', name: 'y', ...entry }] }).backends;

describe('printableSettings', () => {
  it('has the shape of a configuration file', () => {
    expect(printableSettings(settings())).toMatchObject({
      listen: '0.0.0.0:8080',
      tokens: { ttl_seconds: 300 },
      keys: { max_active: 5 },
      backends: [
        { kind: 'memory', name: 'aws', emulates: 'aws' },
        { kind: 'memory', name: 'gcp', emulates: 'gcp' },
        { kind: 'memory', name: 'azure', emulates: 'azure' },
      ],
    });
  });

  it.each(['127.0.0.1:9000', '[::1]:9000', 'localhost:0'])('prints the address %s as it is given', (text) => {
    expect(printableSettings(settings({ KKP_LISTEN_ADDR: text })).listen).toBe(text);
  });

  it('prints its own texts', () => {
    const policyPath = '/etc/kkp/policy.rego';
    expect(printableSettings({ ...settings(), policyPath })).toMatchObject({
      policy: { path: policyPath },
      log: { level: 'info' },
    });
  });

  it.each([
    'password',
    'passphrase',
    'auth',
    'sas',
    'pem',
    'key',
    'keys',
    'seed',
    'url',
    'dsn',
    'connection_string',
    'Kind',
    'region_',
  ])('prints no text of the option %s', (option) => {
    const hidden = [{ kind: 'x', name: 'y', [option]: '(redacted)' }];
    for (const text of [
      'hunter2',
      'AccountKey=hunter2',
      'https://h/?sig=hunter2',
      'postgres://u:p/S3@h',
      '',
    ]) {
      expect(printedEntry({ [option]: text })).toEqual(hidden);
    }
  });

  it('prints numbers, switches and structure, and no text inside of it', () => {
    const option = { name: 'hunter2', kind: 'hunter2', region: ['hunter2', 5, null], deep: [{ on: true }] };
    expect(printedEntry({ auth: option, region: option, retries: 3, cache: false })).toEqual([
      {
        kind: 'x',
        name: 'y',
        auth: {
          name: '(redacted)',
          kind: '(redacted)',
          region: ['(redacted)', 5, null],
          deep: [{ on: true }],
        },
        region: {
          name: '(redacted)',
          kind: '(redacted)',
          region: ['(redacted)', 5, null],
          deep: [{ on: true }],
        },
        retries: 3,
        cache: false,
      },
    ]);
  });

  it('prints what is known to be public', () => {
    const entry = { emulates: 'gcp', region: 'eu-west-1' };
    expect(printedEntry(entry)).toEqual([{ kind: 'x', name: 'y', ...entry }]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings, SETTINGS, type Setting } from '../../../src/config/index.js';

describe('readSettings', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'kkp-config-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const faultsOf = (env: Record<string, string>): string => readSettings(env).faults.join('\n');

  it('has the defaults of the wire and no fault in an empty environment', () => {
    const { values, faults } = readSettings({});
    expect(faults).toEqual([]);
    expect(values).toMatchObject({
      listen: { host: '0.0.0.0', port: 8080 },
      tokenTtl: 300,
      keyTtl: 1800,
      keyRotation: 900,
      maxActiveKeys: 5,
    });
    expect(values.policyPath).toBeUndefined();
    expect(values.backends).toMatchObject([{ name: 'aws' }, { name: 'gcp' }, { name: 'azure' }]);
  });

  it('reads every variable', () => {
    const { values, faults } = readSettings({
      KKP_LISTEN_ADDR: '[::1]:9000',
      KKP_POLICY_PATH: folder,
      KKP_TOKEN_TTL_SECS: '60',
      KKP_KEY_TTL_SECS: '400',
      KKP_KEY_ROTATION_SECS: '100',
      KKP_MAX_ACTIVE_KEYS: '9',
    });
    expect(faults).toEqual([]);
    expect(values).toMatchObject({
      listen: { host: '::1', port: 9000 },
      policyPath: folder,
      tokenTtl: 60,
      keyTtl: 400,
      keyRotation: 100,
      maxActiveKeys: 9,
    });
  });

  it('wants an issuer for the typ of an access token', () => {
    const [faulty, good] = ['', ', issuer: https://kkp.example'].map((more, at) =>
      file(`typ${at}.yaml`, `tokens: {typ: at+jwt${more}}`),
    );
    expect(faultsOf({ KKP_CONFIG: faulty! })).toMatch(
      /^KKP_CONFIG file, tokens\.issuer: must be there with tokens\.typ "at\+jwt".*RFC 9068/,
    );
    expect(faultsOf({ KKP_CONFIG: good! })).toBe('');
  });

  it('reads JSON and YAML alike, and lets a variable win over the file', () => {
    const yaml = file('kkp.yaml', 'tokens:\n  ttl_seconds: 120\nlog:\n  level: debug\n');
    const json = file('kkp.json', '{"tokens": {"ttl_seconds": 120}, "log": {"level": "debug"}}');
    for (const KKP_CONFIG of [yaml, json]) {
      expect(readSettings({ KKP_CONFIG }).values).toMatchObject({ tokenTtl: 120, logLevel: 'debug' });
      expect(readSettings({ KKP_CONFIG, KKP_TOKEN_TTL_SECS: '7' }).values.tokenTtl).toBe(7);
    }
  });

  it('reports all faults at once: each with its name, the class of its value and what is allowed', () => {
    const { faults } = readSettings({
      KKP_LISTEN_ADDR: 'everywhere',
      KKP_TOKEN_TTL_SECS: 'soon',
      KKP_KEY_TTL_SECS: '-1',
      KKP_KEY_ROTATION_SECS: '',
      KKP_MAX_ACTIVE_KEYS: '2.5',
      KKP_POLICY_PATH: join(folder, 'absent.rego'),
      KKP_CONFIG: file(
        'faulty.yaml',
        'limits:\n  body_bytes: much\n  bodybytes: 1\nbackend: []\nbackends: []\n',
      ),
    });
    const text = faults.join('\n');
    expect(faults).toHaveLength(10);
    expect(text).toContain('KKP_LISTEN_ADDR: got text. Allowed: address:port');
    expect(text).toContain('KKP_TOKEN_TTL_SECS: got text. Allowed: a whole number of seconds from 1 to');
    expect(text).toContain('KKP_KEY_TTL_SECS: got a negative number.');
    expect(text).toContain('KKP_KEY_ROTATION_SECS: got an empty value.');
    expect(text).toContain('KKP_MAX_ACTIVE_KEYS: got a number that is not whole.');
    expect(text).toContain('KKP_POLICY_PATH: got a path where nothing is.');
    expect(text).toContain('limits.body_bytes: got text.');
    expect(text).toContain('limits.bodybytes: no such setting. Allowed: limits.body_bytes');
    expect(text).toContain('backends: got an empty list.');
    expect(text).toContain('backend: no such setting.');
  });

  it.each([
    ['an address without a port', { KKP_LISTEN_ADDR: '127.0.0.1' }],
    ['a port that is none', { KKP_LISTEN_ADDR: '127.0.0.1:65536' }],
    ['IPv6 without brackets', { KKP_LISTEN_ADDR: '::1:8080' }],
    ['a host name', { KKP_LISTEN_ADDR: 'kkp.example:8080' }],
    ['a number in another form', { KKP_TOKEN_TTL_SECS: '1e3' }],
    ['a number with a sign', { KKP_TOKEN_TTL_SECS: '+60' }],
    ['a number with spaces', { KKP_TOKEN_TTL_SECS: ' 60' }],
    ['zero', { KKP_TOKEN_TTL_SECS: '0' }],
    ['more digits than a number has', { KKP_TOKEN_TTL_SECS: '9'.repeat(400) }],
    ['a policy of another kind', { KKP_POLICY_PATH: process.execPath }],
  ])('refuses %s', (_name, env) => {
    expect(readSettings(env).faults).toHaveLength(1);
  });

  it.each([
    ['a token that outlives what a key can promise', { KKP_TOKEN_TTL_SECS: '901' }, /900/],
    ['rotation that is not shorter than the key', { KKP_KEY_ROTATION_SECS: '1800' }, /KKP_KEY_ROTATION_SECS/],
    ['too few keys for the times', { KKP_KEY_ROTATION_SECS: '100' }, /KKP_MAX_ACTIVE_KEYS/],
  ])('refuses %s', (_name, env, text) => {
    expect(faultsOf(env)).toMatch(text);
  });

  it('names times that do not go together by the places where they were given', () => {
    const KKP_CONFIG = file('times.yaml', 'keys: {rotation_seconds: 1800}\n');
    expect(faultsOf({ KKP_CONFIG })).toMatch(
      /^KKP_CONFIG file, keys\.rotation_seconds: .* with KKP_KEY_TTL_SECS 1800\.$/,
    );
    const tokens = file('tokens.yaml', 'tokens: {max_ttl_seconds: 901}\n');
    expect(faultsOf({ KKP_CONFIG: tokens })).toMatch(
      /^KKP_CONFIG file, tokens\.max_ttl_seconds: .*1 to 900 /,
    );
  });

  it('takes a number written as text from the environment only', () => {
    const KKP_CONFIG = file('quoted.yaml', 'tokens: {ttl_seconds: "60"}\n');
    expect(faultsOf({ KKP_CONFIG })).toBe(
      'KKP_CONFIG file, tokens.ttl_seconds: got text. Allowed: a whole number of seconds from 1 to 31536000.',
    );
    expect(faultsOf({ KKP_CONFIG, KKP_TOKEN_TTL_SECS: '60' })).toBe('');
  });

  it('lets the default lifetime of a token give way to short-lived keys, but not one that was asked for', () => {
    const short = { KKP_KEY_TTL_SECS: '4', KKP_KEY_ROTATION_SECS: '2' };
    expect(readSettings(short)).toMatchObject({ faults: [], values: { tokenTtl: 2 } });
    expect(faultsOf({ ...short, KKP_TOKEN_TTL_SECS: '300' })).toContain('KKP_TOKEN_TTL_SECS');
  });

  it('names a faulty value by its class, never by itself', () => {
    const secret = 'hunter2-secret';
    const path = file(
      'secret.yaml',
      `log: {level: ${secret}}\nbackends: [{kind: vault, token: ${secret}}]\n`,
    );
    const text = faultsOf({ KKP_LISTEN_ADDR: secret, KKP_POLICY_PATH: secret, KKP_CONFIG: path });
    expect(text).not.toContain(secret);
  });
});

describe('the table of settings', () => {
  it('names each place once', () => {
    const rows: Setting<unknown>[] = Object.values(SETTINGS);
    const files = rows.map((row) => row.file);
    expect(new Set(files).size).toBe(files.length);
    for (const { doc } of rows) expect(doc).toMatch(/\.$/);
  });

  it('has defaults that its own checks take', () => {
    for (const { kind, fallback } of Object.values(SETTINGS) as Setting<unknown>[]) {
      if (fallback !== undefined) expect(kind.parse(fallback)).toBeDefined();
    }
  });
});

import { isKmsPluginFactory, KmsPluginConfigError } from 'kkp-plugin-kit';
import defaultExport, { vault } from 'kkp-plugin-vault';

const RIGHT = { name: 'eu', address: 'https://vault.example.com:8200', token: 'hvs.token' };

function faultsOf(options: object): readonly string[] {
  try {
    vault({ ...RIGHT, ...options });
    return [];
  } catch (error) {
    if (!(error instanceof KmsPluginConfigError)) throw error;
    return error.faults.map(({ path }) => path);
  }
}

describe('the factory', () => {
  it('is the default export, of kind vault', () => {
    expect(isKmsPluginFactory(defaultExport)).toBe(true);
    expect(vault(RIGHT)).toMatchObject({ kind: 'vault', name: 'eu', apiVersion: 1 });
  });
});

describe('options that are taken', () => {
  it.each<[string, object]>([
    ['an address with a path', { address: 'https://gateway.example.com/vault/' }],
    ['http to localhost', { address: 'http://localhost:8200' }],
    ['http to 127.0.0.1', { address: 'http://127.0.0.1:8200' }],
    ['http to ::1', { address: 'http://[::1]:8200' }],
    ['http anywhere when it is allowed', { address: 'http://vault:8200', allowHttp: true }],
    ['a mount with slashes', { mount: 'team-a/transit.v2' }],
    ['a namespace', { namespace: 'admin/team-a' }],
    ['a token file', { token: undefined, tokenFile: '/run/token' }],
    ['AppRole', { token: undefined, auth: 'approle', roleId: 'r', secretId: 's', authMount: 'roles' }],
    ['AppRole with a file', { token: undefined, auth: 'approle', roleId: 'r', secretIdFile: '/run/secret' }],
    ['Kubernetes', { token: undefined, auth: 'kubernetes', role: 'kkp' }],
  ])('%s', (_what, options) => {
    expect(faultsOf(options)).toEqual([]);
  });
});

describe('options that are refused', () => {
  it.each<[string, object, string[]]>([
    ['no address', { address: undefined }, ['address']],
    ['an address that is no URL', { address: 'vault' }, ['address']],
    ['http to another host', { address: 'http://vault.example.com' }, ['address']],
    ['http to a host that begins like loopback', { address: 'http://127.0.0.1.example.com' }, ['address']],
    ['http to a host named like localhost', { address: 'http://localhost.example.com' }, ['address']],
    ['another scheme', { address: 'ftp://vault', allowHttp: true }, ['address']],
    ['a user in the address', { address: 'https://user:pass@vault' }, ['address']],
    ['a query in the address', { address: 'https://vault?a=b' }, ['address']],
    ['an empty query in the address', { address: 'https://vault/?' }, ['address']],
    ['a fragment in the address', { address: 'https://vault#a' }, ['address']],
    ['a line break in the address', { address: 'https://va\nult' }, ['address']],
    ['allowHttp as text', { allowHttp: 'true' }, ['allowHttp']],
    ['a mount that climbs', { mount: '../sys' }, ['mount']],
    ['a mount with a slash at its end', { mount: 'transit/' }, ['mount']],
    ['a mount with a query', { mount: 'transit?x' }, ['mount']],
    ['a mount with a coded slash', { mount: 'a%2fb' }, ['mount']],
    ['an empty namespace', { namespace: '' }, ['namespace']],
    ['a namespace with a line break', { namespace: 'a\r\nx: y' }, ['namespace']],
    ['no token', { token: undefined }, ['token']],
    ['two tokens', { tokenFile: '/run/token' }, ['token']],
    ['a token with a line break', { token: 'hvs.\r\nX-Evil: 1' }, ['token']],
    ['an unknown method', { auth: 'ldap' }, ['auth']],
    ['AppRole without its role', { token: undefined, auth: 'approle', secretId: 's' }, ['roleId']],
    ['AppRole without a secret', { token: undefined, auth: 'approle', roleId: 'r' }, ['secretId']],
    ['AppRole with a token', { auth: 'approle', roleId: 'r', secretId: 's' }, ['token']],
    ['a role id for a token', { roleId: 'r' }, ['roleId']],
    ['Kubernetes without a role', { token: undefined, auth: 'kubernetes' }, ['role']],
    ['a mount of an auth method for a token', { authMount: 'approle' }, ['authMount']],
    ['an option that is not there', { adress: 'x' }, ['adress']],
  ])('%s', (_what, options, faults) => {
    expect(faultsOf(options)).toEqual(faults);
  });

  it('are all told at once, and no value is', () => {
    const attempt = () =>
      vault({ name: 'eu', address: 'http://secret.example', token: 'sec ret', mount: '?' });
    expect(attempt).toThrow(/address: .*token: .*mount: |address: .*mount: .*token: /);
    expect(attempt).not.toThrow(/secret|sec ret/);
  });
});

import { isKmsPluginFactory, KmsPluginConfigError } from 'kkp-plugin-kit';
import { azure, azureWith } from 'kkp-plugin-azure';
import defaultExport from 'kkp-plugin-azure';
import { credential } from './support/azure.js';

const FINE = { name: 'eu', vaultUrl: 'https://kkp.vault.azure.net' } as const;

function faultsOf(options: object, factory: (options: never) => unknown = azure): readonly string[] {
  try {
    factory({ ...FINE, ...options } as never);
    return [];
  } catch (error) {
    if (!(error instanceof KmsPluginConfigError)) throw error;
    return error.faults.map(({ path }) => path);
  }
}

describe('the options of azure', () => {
  it('are a name and a vault at least', () => {
    expect(azure(FINE)).toMatchObject({ kind: 'azure', name: 'eu', apiVersion: 1 });
    expect(isKmsPluginFactory(defaultExport)).toBe(true);
    expect(isKmsPluginFactory(azureWith(credential))).toBe(true);
  });

  it.each([
    'https://kkp.vault.azure.net/',
    'https://KKP.managedhsm.azure.net',
    'https://kkp.vault.azure.cn:8443',
    'http://127.0.0.1:8080',
    'http://localhost:8080',
    'http://[::1]:8080',
  ])('take the vault %s', (vaultUrl) => {
    expect(faultsOf({ vaultUrl })).toEqual([]);
  });

  it.each([
    'http://kkp.vault.azure.net',
    'http://127.0.0.1.evil.example',
    'https://user@kkp.vault.azure.net',
    'https://kkp.vault.azure.net/keys',
    'https://kkp.vault.azure.net?x=1',
    'https://kkp.vault.azure.net#x',
    'ftp://127.0.0.1',
    'kkp.vault.azure.net',
    '',
    7,
    undefined,
  ])('refuse the vault %p', (vaultUrl) => {
    expect(faultsOf({ vaultUrl })).toEqual(['vaultUrl']);
  });

  it.each([
    [{ algorithm: 'RSA-OAEP' }, ['algorithm']],
    [{ algorithm: 'RSA1_5' }, ['algorithm']],
    [{ probeKey: 'a/b' }, ['probeKey']],
    [{ probeKey: '' }, ['probeKey']],
    [{ verifyChallengeResource: 'no' }, ['verifyChallengeResource']],
    [{ credential: 'cli' }, ['credential']],
    [{ credential: 'client-secret' }, ['tenantId', 'clientId', 'clientSecret']],
    [{ credential: 'client-secret', tenantId: 't', clientId: 'c', clientSecret: '' }, ['clientSecret']],
    [{ clientSecret: 's' }, ['clientSecret']],
    [{ credential: 'managed-identity', tenantId: 't' }, ['tenantId']],
    [{ credential: 'workload-identity', clientSecret: 's' }, ['clientSecret']],
    [{ retries: 3 }, ['retries']],
    [{ algorithm: 'x', credential: 'y', vaultUrl: 'z' }, ['vaultUrl', 'algorithm', 'credential']],
  ])('refuse %p', (options, faults) => {
    expect(faultsOf(options)).toEqual(faults);
  });

  it.each([
    [{ credential: 'client-secret', tenantId: 't', clientId: 'c', clientSecret: 's' }],
    [{ credential: 'managed-identity', clientId: 'c' }],
    [{ credential: 'workload-identity', tokenFile: '/var/run/token' }],
    [{ algorithm: 'A256GCM', probeKey: 'orders' }],
  ])('take %p', (options) => {
    expect(faultsOf(options)).toEqual([]);
  });

  it('repeat no value in a fault', () => {
    const attempt = () => azure({ ...FINE, clientSecret: 'p4ssw0rd' });
    expect(attempt).toThrow(KmsPluginConfigError);
    expect(attempt).not.toThrow(/p4ssw0rd/);
  });

  it('of a credential are unknown where the embedder brings one', () => {
    expect(faultsOf({ credential: 'default' }, azureWith(credential))).toEqual(['credential']);
  });
});

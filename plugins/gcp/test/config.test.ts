import { KmsPluginConfigError, OptionReader } from 'kkp-plugin-kit';
import { gcp, gcpWith } from 'kkp-plugin-gcp';
import { parseConfig } from '../src/config.js';
import { credential } from './support/gcp.js';

const KEY = 'projects/kkp-test/locations/global/keyRings/main/cryptoKeys/orders';

function faultsOf(options: Record<string, unknown>, make: (options: never) => unknown = gcp): string[] {
  try {
    make({ name: 'test', ...options } as never);
    return [];
  } catch (error) {
    if (!(error instanceof KmsPluginConfigError)) throw error;
    return error.faults.map(({ path }) => path);
  }
}

describe('options', () => {
  it('need nothing but a name', () => {
    expect(parseConfig(new OptionReader({}))).toEqual({
      endpoint: 'https://cloudkms.googleapis.com',
      protection: 'software',
      healthKey: undefined,
      credential: { kind: 'application_default' },
    });
  });

  it.each([
    ['https://cloudkms.europe-west3.rep.googleapis.com', 'https://cloudkms.europe-west3.rep.googleapis.com'],
    ['https://KMS.example.com/', 'https://kms.example.com'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('take the endpoint %s', (endpoint, origin) => {
    expect(parseConfig(new OptionReader({ endpoint })).endpoint).toBe(origin);
  });

  it.each([
    ['http beyond loopback', { endpoint: 'http://cloudkms.googleapis.com' }, 'endpoint'],
    ['http to a name that begins like loopback', { endpoint: 'http://127.0.0.1.example.com' }, 'endpoint'],
    ['a path', { endpoint: 'https://kms.example.com/v1' }, 'endpoint'],
    ['a user', { endpoint: 'https://user:secret@kms.example.com' }, 'endpoint'],
    ['another scheme', { endpoint: 'ftp://kms.example.com' }, 'endpoint'],
    ['no URL', { endpoint: 'kms.example.com' }, 'endpoint'],
    ['an empty endpoint', { endpoint: '' }, 'endpoint'],
    ['another protection', { protection: 'HSM' }, 'protection'],
    ['a health key with a version', { healthKey: `${KEY}/cryptoKeyVersions/1` }, 'healthKey'],
    ['another credential', { credential: 'api_key' }, 'credential'],
    ['a file without need', { credentialFile: '/key.json' }, 'credentialFile'],
    ['a file for the metadata server', { credential: 'metadata', credentialFile: '/k' }, 'credentialFile'],
    ['no service account file', { credential: 'service_account_file' }, 'credentialFile'],
    ['no external account file', { credential: 'external_account_file' }, 'credentialFile'],
    ['an empty file name', { credential: 'service_account_file', credentialFile: '' }, 'credentialFile'],
    [
      'a NUL in the file name',
      { credential: 'service_account_file', credentialFile: 'a\0' },
      'credentialFile',
    ],
    ['an unknown option', { keyFile: '/key.json' }, 'keyFile'],
  ])('are refused with %s', (_what, options, path) => {
    expect(faultsOf(options)).toEqual([path]);
  });

  it('of a credential are unknown where the embedder has its own', () => {
    const faults = faultsOf({ credential: 'metadata', credentialFile: '/k' }, gcpWith(credential));
    expect(faults).toEqual(['credential', 'credentialFile']);
  });

  it.each(['service_account_file', 'external_account_file'])('take %s with its file', (kind) => {
    const { credential: choice } = parseConfig(
      new OptionReader({ credential: kind, credentialFile: '/run/k.json' }),
    );
    expect(choice).toEqual({ kind, file: '/run/k.json' });
  });
});

describe('capabilities', () => {
  const of = (options: object) =>
    gcp({ name: 'test', ...options })
      .create({} as never)
      .capabilities(KEY);

  it('of software keys are the limits of Cloud KMS', () => {
    expect(of({})).toMatchObject({
      maxPlaintextBytes: 65_536,
      maxAadBytes: 65_536,
      reportsVersionOnWrap: true,
    });
  });

  it('of keys in an HSM fit into 8 KiB together', () => {
    const { maxPlaintextBytes, maxAadBytes = Infinity } = of({ protection: 'hsm' });
    expect(maxPlaintextBytes + maxAadBytes).toBe(8192);
  });
});

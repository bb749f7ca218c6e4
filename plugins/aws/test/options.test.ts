import { KmsPluginConfigError } from 'kkp-plugin-kit';
import aws from 'kkp-plugin-aws';

const FINE = { name: 'eu', region: 'eu-west-1' };
const SECRET = 'wJalrXUtnFEMI';

function faultsOf(options: Record<string, unknown>): readonly string[] {
  try {
    aws({ ...FINE, ...options });
    return [];
  } catch (error) {
    if (!(error instanceof KmsPluginConfigError)) throw error;
    expect(error.message).not.toContain(SECRET);
    return error.faults.map(({ path }) => path);
  }
}

describe('the options of aws', () => {
  it.each<Record<string, unknown>>([
    {},
    { region: 'us-gov-west-1' },
    { region: 'cn-north-1' },
    { endpoint: 'https://kms-fips.us-east-1.amazonaws.com' },
    { endpoint: 'https://vpce-0-abc.kms.eu-west-1.vpce.amazonaws.com:8443/path' },
    { endpoint: 'http://127.0.0.1:4566' },
    { endpoint: 'http://localhost:4566' },
    { endpoint: 'http://[::1]:4566' },
    { accessKeyId: 'AKID', secretAccessKey: SECRET },
    { accessKeyId: 'AKID', secretAccessKey: SECRET, sessionToken: 'token' },
    { profile: 'kkp' },
    { grantTokens: [] },
    { grantTokens: Array.from({ length: 10 }, (_, index) => `token${index}`) },
    { allowMultiRegion: true },
    { requestTimeoutMs: 1 },
    { requestTimeoutMs: 60_000 },
    { healthKeyId: 'alias/health' },
  ])('may be %j', (options) => {
    expect(faultsOf(options)).toEqual([]);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ region: undefined }, 'region'],
    [{ region: '' }, 'region'],
    [{ region: 'eu' }, 'region'],
    [{ region: 'EU-WEST-1' }, 'region'],
    [{ region: 'eu-west-1.evil.example' }, 'region'],
    [{ region: 'eu-west-1\n' }, 'region'],
    [{ endpoint: 'kms.eu-west-1.amazonaws.com' }, 'endpoint'],
    [{ endpoint: 'http://kms.eu-west-1.amazonaws.com' }, 'endpoint'],
    [{ endpoint: 'http://127.0.0.1.evil.example' }, 'endpoint'],
    [{ endpoint: 'http://localhost.evil.example' }, 'endpoint'],
    [{ endpoint: 'http://169.254.169.254' }, 'endpoint'],
    [{ endpoint: 'ftp://127.0.0.1' }, 'endpoint'],
    [{ endpoint: `https://user:${SECRET}@kms.example` }, 'endpoint'],
    [{ endpoint: 'https://user@kms.example' }, 'endpoint'],
    [{ endpoint: 'https://kms.example?a=b' }, 'endpoint'],
    [{ endpoint: 'https://kms.example#a' }, 'endpoint'],
    [{ accessKeyId: 'AKID' }, 'accessKeyId'],
    [{ secretAccessKey: SECRET }, 'accessKeyId'],
    [{ sessionToken: SECRET }, 'accessKeyId'],
    [{ accessKeyId: 'AKID', sessionToken: SECRET }, 'accessKeyId'],
    [{ accessKeyId: 'AKID', secretAccessKey: `${SECRET}\n` }, 'secretAccessKey'],
    [{ accessKeyId: 'AKID', secretAccessKey: SECRET, profile: 'kkp' }, 'profile'],
    [{ profile: '' }, 'profile'],
    [{ grantTokens: 'token' }, 'grantTokens'],
    [{ grantTokens: [''] }, 'grantTokens'],
    [{ grantTokens: Array.from({ length: 11 }, (_, index) => `token${index}`) }, 'grantTokens'],
    [{ allowMultiRegion: 'yes' }, 'allowMultiRegion'],
    [{ requestTimeoutMs: 0 }, 'requestTimeoutMs'],
    [{ requestTimeoutMs: 60_001 }, 'requestTimeoutMs'],
    [{ healthKeyId: 'health' }, 'healthKeyId'],
    [{ maxAttempts: 3 }, 'maxAttempts'],
  ])('are faulty as %j: %s', (options, path) => {
    expect(faultsOf(options)).toContain(path);
  });
});

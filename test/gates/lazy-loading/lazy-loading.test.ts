import { LEAST } from '../../../plugins/vault/test/fake/tokens.js';
import { FakeVault } from '../../../plugins/vault/test/fake/server.js';
import { loadedBy, SDK } from './loaded.js';

const sdksIn = (packages: readonly string[]) => packages.filter((name) => SDK.test(name));

describe('a server', () => {
  let vault: FakeVault;
  beforeAll(async () => (vault = await FakeVault.start()));
  afterAll(() => vault.stop());

  const vaultEntry = () => ({
    kind: 'vault',
    name: 'eu',
    address: vault.address,
    token: vault.tokens.issue({ policy: LEAST, ttlSeconds: 3600 }),
  });

  it('with only vault configured loads no SDK of a cloud, and no other plugin', async () => {
    const { packages, plugins } = await loadedBy([vaultEntry()]);
    expect(sdksIn(packages)).toEqual([]);
    expect(plugins).toEqual(['kit', 'vault']);
    expect(packages).toEqual(expect.arrayContaining(['@nestjs/core', 'fastify']));
  });

  it('without configuration loads no SDK of a cloud, and the memory plugin alone', async () => {
    const { packages, plugins } = await loadedBy(undefined);
    expect(sdksIn(packages)).toEqual([]);
    expect(plugins).toEqual(['kit', 'memory']);
  });

  it('with aws configured loads its SDK: this gate sees what is loaded', async () => {
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
    const aws = { kind: 'aws', name: 'us', region: 'us-east-1', ...credentials };
    const { packages, plugins } = await loadedBy([vaultEntry(), aws]);
    expect(sdksIn(packages)).toEqual(expect.arrayContaining(['@aws-sdk/client-kms', '@smithy/core']));
    expect(plugins).toEqual(['aws', 'kit', 'vault']);
  });
});

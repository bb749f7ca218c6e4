import { bindAad } from 'kkp-plugin-kit/testkit';
import { openMemory, refusal } from './support/connection.js';

const KEY = 'https://my-vault.vault.azure.net/keys/orders';

describe('memory as azure', () => {
  it('answers a key URL in lower case, and keeps the version beside the blob', async () => {
    const azure = await openMemory({ emulates: 'azure' });
    const wrapped = await azure.wrap('HTTPS://My-Vault.vault.azure.net/keys/Orders');
    expect(wrapped.key.keyId).toBe(KEY);
    expect(wrapped.key.version).toMatch(/^[0-9a-f]{32}$/);
    expect((await azure.unwrap(KEY, wrapped)).key).toEqual(wrapped.key);
  });

  it('fails as on bad padding when the version beside the blob is another one', async () => {
    const azure = await openMemory({ emulates: 'azure' });
    const older = await azure.wrap(KEY);
    azure.plugin.admin.rotate(KEY);
    const { key } = await azure.describe(KEY);
    expect(await refusal(azure.unwrap(KEY, { ...older, key }))).toBe('invalid-ciphertext BadParameter');
  });

  it('takes a blob without a version for one of the current version', async () => {
    const azure = await openMemory({ emulates: 'azure' });
    const wrapped = await azure.wrap(KEY);
    const unlabelled = { ...wrapped, key: { keyId: KEY } };
    expect((await azure.unwrap(KEY, unlabelled)).key).toEqual(wrapped.key);
    azure.plugin.admin.rotate(KEY);
    expect(await refusal(azure.unwrap(KEY, unlabelled))).toBe('invalid-ciphertext BadParameter');
  });

  it('wraps with a named version, and opens under it only what it made', async () => {
    const azure = await openMemory({ emulates: 'azure' });
    const first = await azure.wrap(KEY);
    const pinned = `${KEY}/${first.key.version}`;
    azure.plugin.admin.rotate(KEY);
    expect((await azure.wrap(pinned)).key).toEqual(first.key);
    expect(await refusal(azure.unwrap(pinned, first))).toBe('none');
    expect(await refusal(azure.unwrap(pinned, await azure.wrap(KEY)))).toBe(
      'invalid-ciphertext BadParameter',
    );
    expect(await refusal(azure.wrap(`${KEY}/${'0'.repeat(32)}`))).toBe('not-found KeyNotFound');
  });

  it.each([
    ['plain http', 'http://my-vault.vault.azure.net/keys/orders'],
    ['another host', 'https://my-vault.example.com/keys/orders'],
    ['a host that only ends alike', 'https://evilvault.azure.net/keys/orders'],
    ['user information', 'https://a@my-vault.vault.azure.net/keys/orders'],
    ['a secret', 'https://my-vault.vault.azure.net/secrets/orders'],
    ['a query', `${KEY}?api-version=7.4`],
    ['a short version', `${KEY}/0123`],
    ['a path upwards', `${KEY}/../other`],
    ['a slash at the end', `${KEY}/`],
  ])('refuses a URL with %s', async (_, keyId) => {
    const azure = await openMemory({ emulates: 'azure' });
    expect(await refusal(azure.wrap(keyId))).toBe('invalid-request BadParameter');
  });

  it('says which refusal it is, as Key Vault does', async () => {
    const azure = await openMemory({ emulates: 'azure', createKeys: false, keys: ['one', 'two'] });
    expect(await refusal(azure.wrap('absent'))).toBe('not-found KeyNotFound');
    expect(await refusal(azure.wrap('one', { plaintext: new Uint8Array(191) }))).toBe(
      'invalid-request BadParameter',
    );
    expect(await refusal(azure.wrap('one', { aad: bindAad({}) }))).toBe('unsupported BadParameter');
    const wrapped = await azure.wrap('one');
    expect(await refusal(azure.unwrap('two', wrapped))).toBe('invalid-ciphertext BadParameter');
    azure.plugin.admin.disable('one');
    expect(await refusal(azure.unwrap('one', wrapped))).toBe('disabled-key KeyDisabled');
  });

  it('knows nothing of a deleted key, and does not create it anew', async () => {
    const azure = await openMemory({ emulates: 'azure', keys: ['one'] });
    azure.plugin.admin.delete('one');
    expect(await refusal(azure.wrap('one'))).toBe('not-found KeyNotFound');
    expect(await refusal(azure.describe('one'))).toBe('not-found KeyNotFound');
  });
});

import { openMemory, refusal } from './support/connection.js';

const KEY = 'projects/example.com:p/locations/global/keyRings/my_ring/cryptoKeys/orders';

describe('memory as gcp', () => {
  it('answers a CryptoKey with its name, and counts versions from 1', async () => {
    const gcp = await openMemory({ emulates: 'gcp' });
    expect((await gcp.wrap(KEY)).key).toEqual({ keyId: KEY, version: '1' });
    gcp.plugin.admin.rotate(KEY);
    expect((await gcp.wrap(KEY)).key.version).toBe('2');
  });

  it('wraps with a named version, which is then stale if it is not the primary', async () => {
    const gcp = await openMemory({ emulates: 'gcp', keys: [KEY] });
    gcp.plugin.admin.rotate(KEY);
    const wrapped = await gcp.wrap(`${KEY}/cryptoKeyVersions/1`);
    expect(wrapped.key).toEqual({ keyId: KEY, version: '1' });
    expect((await gcp.unwrap(KEY, wrapped)).stale).toBe(true);
  });

  it('never creates a key for a named version, and opens no blob of another version under it', async () => {
    const gcp = await openMemory({ emulates: 'gcp' });
    expect(await refusal(gcp.wrap(`${KEY}/cryptoKeyVersions/1`))).toBe('not-found NOT_FOUND');
    const wrapped = await gcp.wrap(KEY);
    expect(await refusal(gcp.wrap(`${KEY}/cryptoKeyVersions/2`))).toBe('not-found NOT_FOUND');
    gcp.plugin.admin.rotate(KEY);
    expect(await refusal(gcp.unwrap(`${KEY}/cryptoKeyVersions/2`, wrapped))).toBe(
      'invalid-ciphertext INVALID_ARGUMENT',
    );
  });

  it('opens by the version in the blob, whatever the pin says', async () => {
    const gcp = await openMemory({ emulates: 'gcp' });
    const wrapped = await gcp.wrap(KEY);
    gcp.plugin.admin.rotate(KEY);
    const relabelled = { ...wrapped, key: { keyId: KEY, version: '2' } };
    expect((await gcp.unwrap(KEY, relabelled)).stale).toBe(true);
  });

  it.each([
    ['no key', 'projects/p/locations/global/keyRings/r'],
    ['an empty segment', 'projects/p/locations//keyRings/r/cryptoKeys/orders'],
    ['version 0', `${KEY}/cryptoKeyVersions/0`],
    ['a slash at the end', `${KEY}/`],
    ['a line break at the end', `${KEY}\n`],
    ['a name of 64 characters', `projects/p/locations/global/keyRings/r/cryptoKeys/${'k'.repeat(64)}`],
  ])('refuses a resource name with %s', async (_, keyId) => {
    const gcp = await openMemory({ emulates: 'gcp' });
    expect(await refusal(gcp.wrap(keyId))).toBe('invalid-request INVALID_ARGUMENT');
  });

  it('says which refusal it is, as Cloud KMS does', async () => {
    const gcp = await openMemory({ emulates: 'gcp', createKeys: false, keys: ['one', 'two'] });
    expect(await refusal(gcp.wrap('absent'))).toBe('not-found NOT_FOUND');
    expect(await refusal(gcp.wrap('one', { plaintext: new Uint8Array(65_537) }))).toBe(
      'invalid-request INVALID_ARGUMENT',
    );
    const wrapped = await gcp.wrap('one');
    expect(await refusal(gcp.unwrap('two', wrapped))).toBe('invalid-ciphertext INVALID_ARGUMENT');
    gcp.plugin.admin.disable('one');
    expect(await refusal(gcp.unwrap('one', wrapped))).toBe('disabled-key FAILED_PRECONDITION');
    gcp.plugin.admin.delete('one');
    expect(await refusal(gcp.wrap('one'))).toBe('disabled-key FAILED_PRECONDITION');
    expect((await gcp.describe('one')).state).toBe('destroyed');
  });

  it('takes an empty plaintext, and AAD of 64 KiB but not a byte more', async () => {
    const gcp = await openMemory({ emulates: 'gcp' });
    const wrapped = await gcp.wrap('one', { plaintext: new Uint8Array() });
    expect((await gcp.unwrap('one', wrapped)).plaintext).toHaveLength(0);
    const aad = (bytes: number) => ({ map: { a: 'b' }, bytes: new Uint8Array(bytes) });
    expect(await refusal(gcp.wrap('one', { aad: aad(65_536) }))).toBe('none');
    expect(await refusal(gcp.wrap('one', { aad: aad(65_537) }))).toBe('invalid-request INVALID_ARGUMENT');
  });
});

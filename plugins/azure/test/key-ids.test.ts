import type { KmsBackend } from 'kkp-plugin-kit';
import { FakeVault } from './fake/vault.js';
import { call, open, PLAINTEXT, refusal, wire } from './support/azure.js';

let vault: FakeVault;
let made = 0;

beforeAll(async () => {
  vault = await FakeVault.start();
  vault.keys.add('orders', 'RSA');
});
afterAll(() => vault.stop());

const freshKey = (keyType: Parameters<FakeVault['keys']['add']>[1] = 'RSA') => {
  const name = `fresh-${++made}`;
  return { name, version: vault.keys.add(name, keyType) };
};
const wrap = (backend: KmsBackend, keyId: string) => backend.wrapKey({ keyId, plaintext: PLAINTEXT }, call());

describe('a key id', () => {
  it.each([
    ['another host', 'https://evil.vault.azure.net/keys/orders'],
    ['a host that begins alike', () => `${vault.url}.evil.example/keys/orders`],
    ['user information', () => vault.url.replace('//', '//user@') + '/keys/orders'],
    ['another scheme', () => vault.url.replace('http', 'https') + '/keys/orders'],
    ['a secret', () => `${vault.url}/secrets/orders`],
    ['a query', () => `${vault.url}/keys/orders?api-version=1`],
    ['a path upwards', () => `${vault.url}/keys/../orders`],
    ['a slash at the end', () => `${vault.url}/keys/orders/`],
    ['a short version', () => `${vault.url}/keys/orders/0123`],
    ['an operation', () => `${vault.url}/keys/orders/${'0'.repeat(32)}/backup`],
    ['a name with a version', `orders/${'0'.repeat(32)}`],
    ['an encoded slash', 'orders%2fbackup'],
    ['an underscore', 'or_ders'],
    ['nothing', ''],
  ])('with %s is an invalid-request that asks nobody', async (_, id) => {
    const backend = await open(vault);
    const keyId = typeof id === 'string' ? id : id();
    expect((await refusal(wrap(backend, keyId))).code).toBe('invalid-request');
    expect((await refusal(backend.describeKey(keyId, call()))).code).toBe('invalid-request');
    expect(vault.seen).toHaveLength(0);
  });

  it('is answered in lower case without a version, and taken in any case', async () => {
    const backend = await open(vault);
    const { key } = await wrap(backend, `${vault.url.toUpperCase()}/KEYS/Orders`);
    expect(key.keyId).toBe(`${vault.url}/keys/orders`);
    expect(key.version).toMatch(/^[0-9a-f]{32}$/);
  });

  it('with a version wraps by it, and opens only what it made', async () => {
    const { name, version } = freshKey();
    const backend = await open(vault);
    const pinned = `${vault.url}/keys/${name}/${version.version}`;
    vault.keys.add(name, 'RSA');
    const older = await wrap(backend, pinned);
    expect(older.key.version).toBe(version.version);
    await backend.unwrapKey({ keyId: pinned, wrapped: older }, call());
    const newer = await wrap(backend, name);
    expect((await refusal(backend.unwrapKey({ keyId: pinned, wrapped: newer }, call()))).code).toBe(
      'invalid-ciphertext',
    );
  });
});

describe('the pin beside a blob', () => {
  it.each([
    '../../secrets/x',
    'https://evil.example/keys/k/1',
    'A'.repeat(32),
    '0'.repeat(31),
    '0'.repeat(33),
    '',
  ])('with the version %p opens nothing and asks nobody', async (version) => {
    const backend = await open(vault);
    const wrapped = await wrap(backend, 'orders');
    wire(vault);
    const forged = { ...wrapped, key: { ...wrapped.key, version } };
    expect((await refusal(backend.unwrapKey({ keyId: 'orders', wrapped: forged }, call()))).code).toBe(
      'invalid-ciphertext',
    );
    expect(wire(vault)).toEqual([]);
  });

  it('names no key and no host: only the asked one is asked', async () => {
    const backend = await open(vault);
    const wrapped = await wrap(backend, 'orders');
    wire(vault);
    const forged = { ...wrapped, key: { ...wrapped.key, keyId: 'https://evil.example/keys/other' } };
    await backend.unwrapKey({ keyId: 'orders', wrapped: forged }, call());
    expect(wire(vault)).toEqual(['POST /keys/orders/{v}/unwrapkey']);
  });

  it('without a version means the current one', async () => {
    const { name } = freshKey();
    const backend = await open(vault);
    const { blob, alg, key } = await wrap(backend, name);
    const bare = { blob, alg, key: { keyId: key.keyId } };
    expect((await backend.unwrapKey({ keyId: name, wrapped: bare }, call())).key).toEqual(key);
    vault.keys.add(name, 'RSA');
    expect((await refusal(backend.unwrapKey({ keyId: name, wrapped: bare }, call()))).code).toBe(
      'invalid-ciphertext',
    );
  });

  it('with another version of the key is like bad padding', async () => {
    const { name } = freshKey();
    const backend = await open(vault);
    const older = await wrap(backend, name);
    const { version } = vault.keys.add(name, 'RSA');
    const forged = { ...older, key: { ...older.key, version } };
    const { code, providerCode } = await refusal(backend.unwrapKey({ keyId: name, wrapped: forged }, call()));
    expect([code, providerCode]).toEqual(['invalid-ciphertext', 'BadParameter']);
  });
});

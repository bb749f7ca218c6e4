import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import type { KmsBackend } from 'kkp-plugin-kit';
import { FakeVault, TOKEN } from './fake/vault.js';
import { call, create, open, PLAINTEXT, refusal, wire } from './support/azure.js';

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

describe('on the wire', () => {
  it('opens with a probe without body and token, and the same with a token', async () => {
    const backend = create(vault);
    vault.seen.length = 0;
    await backend.open(call());
    expect(vault.seen.map(({ authorization, body }) => [authorization, body])).toEqual([
      [undefined, ''],
      [`Bearer ${TOKEN}`, ''],
    ]);
    expect(wire(vault)).toEqual(['GET /keys/kkp-probe/', 'GET /keys/kkp-probe/']);
  });

  it('never sends a key in clear without a token, however many calls begin at once', async () => {
    const backend = await open(vault);
    await Promise.all(Array.from({ length: 20 }, () => wrap(backend, 'orders')));
    expect(vault.seen.length).toBeGreaterThanOrEqual(21);
    expect(vault.seen.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
  });

  it('lets the service wrap, by RSA-OAEP-256 under the current version, and reads the state of the key once', async () => {
    const backend = await open(vault);
    await wrap(backend, 'orders');
    const request = vault.seen.at(-1)!;
    expect(JSON.parse(request.body)).toMatchObject({ alg: 'RSA-OAEP-256' });
    await wrap(backend, 'orders');
    expect(wire(vault)).toEqual([
      'GET /keys/orders/',
      'POST /keys/orders//wrapkey',
      'POST /keys/orders//wrapkey',
    ]);
  });

  it('opens by one request that names key and version', async () => {
    const backend = await open(vault);
    const wrapped = await wrap(backend, 'orders');
    wire(vault);
    await backend.unwrapKey({ keyId: 'orders', wrapped }, call());
    expect(vault.seen[0]?.url).toContain(`/keys/orders/${wrapped.key.version}/unwrapkey`);
    expect(wire(vault)).toEqual(['POST /keys/orders/{v}/unwrapkey']);
  });

  it('hands on the id of the request, unless it is no id', async () => {
    const backend = await open(vault);
    await backend.describeKey('orders', call());
    await backend.describeKey('orders', { ...call(), requestId: 'a\r\nX-Injected: 1' });
    const [first, second] = vault.seen.map(({ clientRequestId }) => clientRequestId);
    expect(first).toBe('test-1');
    expect(second).not.toContain('X-Injected');
  });

  it('packs IV, ciphertext and tag of A256GCM into the blob, and binds the AAD', async () => {
    const { name } = freshKey('oct-HSM');
    const backend = await open(vault, { options: { algorithm: 'A256GCM' } });
    const aad = { map: { a: 'b' }, bytes: Uint8Array.of(1, 2, 3) };
    const { blob } = await backend.wrapKey({ keyId: name, plaintext: PLAINTEXT, aad }, call());
    expect(blob).toHaveLength(12 + 32 + 16);
    expect(JSON.parse(vault.seen.at(-1)!.body)).toMatchObject({ alg: 'A256GCM', aad: 'AQID' });
  });
});

describe('a blob of an impossible length', () => {
  it.each([
    ['RSA-OAEP-256', 'RSA', [0, 32, 255, 257, 512 * 2]],
    ['A256GCM', 'oct-HSM', [0, 12, 28]],
    ['A256KW', 'oct-HSM', [0, 16, 25]],
  ] as const)('for %s is invalid-ciphertext, and asks nobody', async (algorithm, keyType, lengths) => {
    const { name, version } = freshKey(keyType);
    const backend = await open(vault, { options: { algorithm } });
    for (const length of lengths) {
      const wrapped = {
        blob: new Uint8Array(length),
        alg: algorithm,
        key: { keyId: name, version: version.version },
      };
      const refused = await refusal(backend.unwrapKey({ keyId: name, wrapped }, call()));
      expect(refused.code).toBe('invalid-ciphertext');
    }
    expect(vault.seen).toHaveLength(0);
  });
});

describe('RSA', () => {
  it('proves no origin: a blob made with the public key alone opens, as the capabilities say', async () => {
    const { name, version } = freshKey();
    const backend = await open(vault);
    expect(backend.capabilities(name).integrity).toBe('public-key');
    const key = createPublicKey(version.privateKey!);
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const blob = Uint8Array.from(publicEncrypt({ key, padding, oaepHash: 'sha256' }, PLAINTEXT));
    const wrapped = { blob, alg: 'RSA-OAEP-256', key: { keyId: name, version: version.version } };
    expect((await backend.unwrapKey({ keyId: name, wrapped }, call())).plaintext).toEqual(PLAINTEXT);
  });
});

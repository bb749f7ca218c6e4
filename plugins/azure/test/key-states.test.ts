import type { KmsBackend } from 'kkp-plugin-kit';
import { FakeVault, TOKEN } from './fake/vault.js';
import { call, movableHost, open, PLAINTEXT, refusal, wire } from './support/azure.js';

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

describe('the state of a key', () => {
  it('is read before wrapping, since the service wraps with a disabled key', async () => {
    const { name, version } = freshKey();
    version.enabled = false;
    const direct = await fetch(`${vault.url}/keys/${name}/wrapkey?api-version=7.6`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ alg: 'RSA-OAEP-256', value: 'AAAA' }),
    });
    expect(direct.status).toBe(200);
    const backend = await open(vault);
    expect((await refusal(wrap(backend, name))).code).toBe('disabled-key');
    expect(wire(vault)).toEqual([`GET /keys/${name}/`]);
  });

  it('is believed for ten seconds', async () => {
    const { name, version } = freshKey();
    const { host, advance } = movableHost();
    const backend = await open(vault, { host });
    await wrap(backend, name);
    version.enabled = false;
    advance(9_000);
    await wrap(backend, name);
    advance(1_001);
    expect((await refusal(wrap(backend, name))).code).toBe('disabled-key');
  });

  it('is read anew by describeKey, which also ends the belief in the older one', async () => {
    const { name, version } = freshKey();
    const backend = await open(vault);
    await wrap(backend, name);
    version.enabled = false;
    expect((await backend.describeKey(name, call())).state).toBe('disabled');
    expect((await refusal(wrap(backend, name))).code).toBe('disabled-key');
  });

  it('is read again when the answer comes from a newer version, which must be enabled too', async () => {
    const { name } = freshKey();
    const backend = await open(vault);
    await wrap(backend, name);
    vault.keys.add(name, 'RSA').enabled = false;
    wire(vault);
    expect((await refusal(wrap(backend, name))).code).toBe('disabled-key');
    expect(wire(vault)).toEqual([`POST /keys/${name}//wrapkey`, `GET /keys/${name}/`]);
  });

  it.each([
    ['expired', { expires: -60 }],
    ['not valid yet', { notBefore: 60 }],
  ])('%s: wraps nothing, is described as disabled, and opens as the service allows', async (_, window) => {
    const { name, version } = freshKey();
    const backend = await open(vault);
    const wrapped = await wrap(backend, name);
    for (const [member, seconds] of Object.entries(window)) {
      Object.assign(version, { [member]: Math.floor(Date.now() / 1000) + seconds });
    }
    expect((await backend.describeKey(name, call())).state).toBe('disabled');
    expect((await refusal(wrap(backend, name))).code).toBe('disabled-key');
    const { plaintext } = await backend.unwrapKey({ keyId: name, wrapped }, call());
    expect(plaintext).toEqual(PLAINTEXT);
  });

  it('of another type is unsupported', async () => {
    const { name } = freshKey('EC');
    const backend = await open(vault);
    expect((await refusal(wrap(backend, name))).code).toBe('unsupported');
    expect((await refusal(backend.describeKey(name, call()))).code).toBe('unsupported');
  });

  it('without the operation in key_ops is unsupported, without a try', async () => {
    const { name, version } = freshKey();
    version.keyOps = ['unwrapKey'];
    const backend = await open(vault);
    expect((await refusal(wrap(backend, name))).code).toBe('unsupported');
    expect(wire(vault)).toEqual([`GET /keys/${name}/`]);
  });

  it.each([
    ['RSA', 'RSA-OAEP-256', 'software'],
    ['RSA-HSM', 'RSA-OAEP-256', 'hsm'],
    ['oct-HSM', 'A256KW', 'hsm'],
  ] as const)('tells where a key of type %s lives', async (keyType, algorithm, protection) => {
    const { name } = freshKey(keyType);
    const backend = await open(vault, { options: { algorithm } });
    expect(await backend.describeKey(name, call())).toMatchObject({ alg: algorithm, protection });
  });

  it('that KKP may not read lets nothing be wrapped', async () => {
    const { name } = freshKey();
    const backend = await open(vault);
    vault.denied.add('get');
    const { code } = await refusal(wrap(backend, name));
    vault.denied.clear();
    expect(code).toBe('access-denied');
    expect(wire(vault)).toEqual([`GET /keys/${name}/`]);
  });
});

describe('staleness', () => {
  it('is told while the current version is known, and not asked for', async () => {
    const { name } = freshKey();
    const { host, advance } = movableHost();
    const backend = await open(vault, { host });
    const wrapped = await wrap(backend, name);
    const staleNow = async () => (await backend.unwrapKey({ keyId: name, wrapped }, call())).stale;
    expect(await staleNow()).toBe(false);
    vault.keys.add(name, 'RSA');
    await backend.describeKey(name, call());
    expect(await staleNow()).toBe(true);
    advance(10_001);
    expect(await staleNow()).toBeUndefined();
  });
});

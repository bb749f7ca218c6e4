import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import type { KmsBackend } from 'kkp-plugin-kit';
import { FakeVault, TOKEN } from './fake/vault.js';
import { call, create, movableHost, open, PLAINTEXT, refusal, wire } from './support/azure.js';

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

describe('the probe', () => {
  it('takes a missing key for a working vault only where no key was named', async () => {
    await open(vault);
    const backend = create(vault, { options: { probeKey: 'absent' } });
    expect((await refusal(backend.open(call()))).code).toBe('not-found');
  });

  it('of a key that KKP may not read fails the start', async () => {
    vault.denied.add('get');
    const { code } = await refusal(create(vault).open(call()));
    vault.denied.clear();
    expect(code).toBe('access-denied');
  });

  it('reads the named key for health', async () => {
    const backend = await open(vault, { options: { probeKey: 'Orders' } });
    expect(await backend.health(call())).toMatchObject({ status: 'up' });
    expect(wire(vault)).toEqual(['GET /keys/orders/']);
  });

  it('takes a 404 that is not of a vault for no vault', async () => {
    const { ServiceError } = await import('./fake/errors.js');
    vault.faults.push({ kind: 'error', error: new ServiceError(404, 'NotFound', 'No vault here.') });
    expect((await refusal(create(vault).open(call()))).code).toBe('not-found');
  });
});

describe('a backend', () => {
  it('is opened once, and not after it was closed', async () => {
    const backend = await open(vault);
    expect((await refusal(backend.open(call()))).code).toBe('unavailable');
    const closed = create(vault);
    await closed.close();
    expect((await refusal(closed.open(call()))).code).toBe('unavailable');
  });

  it('that failed to open can be closed, and answers nothing', async () => {
    vault.denied.add('get');
    const backend = create(vault);
    await refusal(backend.open(call()));
    vault.denied.clear();
    expect((await refusal(wrap(backend, 'orders'))).code).toBe('unavailable');
    await backend.close();
  });
});

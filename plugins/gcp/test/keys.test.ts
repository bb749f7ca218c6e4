import type { KmsBackend } from 'kkp-plugin-kit';
import type { State } from './fake/crypto-keys.js';
import { FakeKms } from './fake/kms.js';
import { call, open, PLAINTEXT, refusal, wrap } from './support/gcp.js';

const kms = await FakeKms.start();
let backend: KmsBackend;
let keyId: string;
afterAll(() => kms.stop());

beforeEach(async () => {
  backend = await open(kms);
  keyId = kms.createKey();
});
afterEach(() => {
  kms.propagates = true;
});

const describeKey = () => backend.describeKey(keyId, call());

describe('a rotation that has not reached all servers', () => {
  it('is told by describeKey, and a blob names the version that made it all the same', async () => {
    kms.propagates = false;
    kms.order(keyId, (key) => key.rotate());
    expect((await describeKey()).key).toEqual({ keyId, version: '2' });
    const wrapped = await wrap(backend, keyId);
    expect(wrapped.key).toEqual({ keyId, version: '1' });
    const opened = await backend.unwrapKey({ keyId, wrapped }, call());
    expect(opened).toEqual({ plaintext: PLAINTEXT, key: { keyId }, stale: false });
  });

  it('makes blobs stale once it has', async () => {
    kms.propagates = false;
    const wrapped = await wrap(backend, keyId);
    kms.order(keyId, (key) => key.rotate());
    expect(await backend.unwrapKey({ keyId, wrapped }, call())).toMatchObject({ stale: false });
    kms.key(keyId).propagate();
    expect(await backend.unwrapKey({ keyId, wrapped }, call())).toMatchObject({ stale: true });
  });
});

describe('a disabled version', () => {
  it('goes on until that has reached all servers: taking away the role is the fast way', async () => {
    kms.propagates = false;
    const wrapped = await wrap(backend, keyId);
    kms.order(keyId, (key) => key.setState('DISABLED'));
    expect(await describeKey()).toMatchObject({ state: 'disabled' });
    await backend.unwrapKey({ keyId, wrapped }, call());
    kms.denied.add('decrypt');
    const denied = await refusal(backend.unwrapKey({ keyId, wrapped }, call()));
    kms.denied.clear();
    expect(denied.code).toBe('access-denied');
    kms.key(keyId).propagate();
    expect(await refusal(backend.unwrapKey({ keyId, wrapped }, call()))).toMatchObject({
      code: 'disabled-key',
    });
  });

  it('strands only what it made itself', async () => {
    const older = await wrap(backend, keyId);
    kms.order(keyId, (key) => key.rotate());
    const newer = await wrap(backend, keyId);
    kms.order(keyId, (key) => key.setState('DISABLED', 1));
    expect(await refusal(backend.unwrapKey({ keyId, wrapped: older }, call()))).toMatchObject({
      code: 'disabled-key',
    });
    await backend.unwrapKey({ keyId, wrapped: newer }, call());
  });

  it('opens again at once when it is enabled', async () => {
    const wrapped = await wrap(backend, keyId);
    kms.order(keyId, (key) => key.setState('DISABLED'));
    kms.propagates = false;
    kms.order(keyId, (key) => key.setState('ENABLED'));
    await backend.unwrapKey({ keyId, wrapped }, call());
  });
});

describe('describeKey', () => {
  it.each<[State, string]>([
    ['ENABLED', 'enabled'],
    ['DISABLED', 'disabled'],
    ['DESTROY_SCHEDULED', 'pending-deletion'],
    ['DESTROYED', 'destroyed'],
    ['PENDING_EXTERNAL_DESTRUCTION', 'destroyed'],
    ['PENDING_IMPORT', 'unknown'],
  ])('tells a primary version that is %s as %s', async (state, told) => {
    kms.order(keyId, (key) => key.setState(state));
    expect(await describeKey()).toMatchObject({ state: told });
  });

  it.each([
    ['SOFTWARE', 'software', 'GOOGLE_SYMMETRIC_ENCRYPTION'],
    ['HSM', 'hsm', 'GOOGLE_SYMMETRIC_ENCRYPTION'],
    ['EXTERNAL', 'external', 'EXTERNAL_SYMMETRIC_ENCRYPTION'],
  ] as const)('tells protection level %s', async (level, protection, alg) => {
    keyId = kms.createKey(undefined, { protection: level });
    expect(await describeKey()).toEqual({ key: { keyId, version: '1' }, state: 'enabled', alg, protection });
  });

  it('tells what it does not know as unknown', async () => {
    const primary = { name: `${keyId}/cryptoKeyVersions/1`, state: 'MELTED', protectionLevel: 'MAGIC' };
    kms.faults.add({ kind: 'change', change: (body) => ({ ...body, primary }) });
    expect(await describeKey()).toMatchObject({
      state: 'unknown',
      protection: 'unknown',
      alg: 'CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED',
    });
  });

  it('is one read, and wrapping and unwrapping are none', async () => {
    await describeKey();
    const wrapped = await wrap(backend, keyId);
    await backend.unwrapKey({ keyId, wrapped }, call());
    expect(kms.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET /v1/${keyId}`,
      `POST /v1/${keyId}:encrypt`,
      `POST /v1/${keyId}:decrypt`,
    ]);
  });
});

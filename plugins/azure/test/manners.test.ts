import type { KmsBackend } from 'kkp-plugin-kit';
import { ServiceError } from './fake/errors.js';
import { FakeVault } from './fake/vault.js';
import { call, create, open, PLAINTEXT, refusal, wire } from './support/azure.js';

let vault: FakeVault;

beforeAll(async () => {
  vault = await FakeVault.start();
  vault.keys.add('orders', 'RSA');
});
afterAll(() => vault.stop());

const wrap = (backend: KmsBackend, keyId: string) => backend.wrapKey({ keyId, plaintext: PLAINTEXT }, call());

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

  it('that is closed while it opens does not open', async () => {
    const backend = create(vault);
    vault.faults.push({ kind: 'delay', ms: 50 });
    const opening = backend.open(call());
    await backend.close();
    expect((await refusal(opening)).code).toBe('unavailable');
    expect((await refusal(wrap(backend, 'orders'))).code).toBe('unavailable');
  });
});

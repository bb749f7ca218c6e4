import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { createTestHost } from 'kkp-plugin-kit/testkit';
import { memory } from 'kkp-plugin-memory';
import { call, connect, openMemory, PLAINTEXT, refusal } from './support/connection.js';

const SEEDED = { name: 'dev', seed: 'correct horse battery staple' };

describe('keys of the service in memory', () => {
  it('appear when they first wrap', async () => {
    const service = await openMemory();
    expect(await refusal(service.describe('orders'))).toMatch('not-found');
    expect(await refusal(service.wrap('orders'))).toBe('none');
    expect((await service.describe('orders')).state).toBe('enabled');
  });

  it('do not appear by being opened or described', async () => {
    const service = await openMemory();
    const wrapped = await service.wrap('orders');
    expect(await refusal(service.unwrap('invoices', wrapped))).toMatch('not-found');
    expect(await refusal(service.describe('invoices'))).toMatch('not-found');
    expect(await refusal(service.unwrap('invoices', wrapped))).toMatch('not-found');
  });

  it.each([
    ['that is too long', { plaintext: new Uint8Array(4097) }],
    ['that is empty', { plaintext: new Uint8Array() }],
  ])('do not appear by a plaintext %s', async (_, request) => {
    const service = await openMemory();
    expect(await refusal(service.wrap('orders', request))).toMatch('invalid-request');
    expect(await refusal(service.describe('orders'))).toMatch('not-found');
  });

  it('do not appear where createKeys is false, other than those listed', async () => {
    const service = await openMemory({ createKeys: false, keys: ['orders'] });
    expect(await refusal(service.wrap('orders'))).toBe('none');
    expect(await refusal(service.wrap('invoices'))).toMatch('not-found');
  });

  it('are 10,000 at most', async () => {
    const service = await openMemory({ keys: Array.from({ length: 9_999 }, (_, index) => `k${index}`) });
    expect(await refusal(service.wrap('the-last-one'))).toBe('none');
    expect(await refusal(service.wrap('one-too-many'))).toBe('unsupported');
    expect(await refusal(service.wrap('k0'))).toBe('none');
  });
});

describe('a seed', () => {
  it('gives the same keys to another process', async () => {
    const wrapped = await (await connect(memory(SEEDED))).wrap('orders');
    const later = await connect(memory({ ...SEEDED, keys: ['orders'] }));
    expect((await later.unwrap('orders', wrapped)).plaintext).toEqual(PLAINTEXT);
  });

  it.each([
    ['another seed', { ...SEEDED, seed: 'another' }],
    ['another name', { ...SEEDED, name: 'other' }],
    ['no seed', { name: 'dev' }],
  ])('gives other keys than %s', async (_, options) => {
    const wrapped = await (await connect(memory(SEEDED))).wrap('orders');
    const other = await connect(memory({ ...options, keys: ['orders'] }));
    expect(await refusal(other.unwrap('orders', wrapped))).toMatch('invalid-ciphertext');
  });

  it('opens no blob of a version that the service has not come to', async () => {
    const plugin = memory(SEEDED);
    const service = await connect(plugin);
    plugin.admin.createKey('orders');
    plugin.admin.rotate('orders');
    const wrapped = await service.wrap('orders');
    const later = await connect(memory({ ...SEEDED, keys: ['orders'] }));
    expect(await refusal(later.unwrap('orders', wrapped))).toMatch('invalid-ciphertext');
  });

  it('is not shown, nor is any key', async () => {
    const plugin = memory(SEEDED);
    const { backend } = await connect(plugin);
    const shown = inspect([plugin, backend, plugin.admin], { depth: 10, showHidden: true });
    expect(shown).not.toMatch(/battery|Uint8Array|<Buffer/);
  });
});

describe('opening', () => {
  it('twice is refused, and once is needed', async () => {
    const { backend, plugin } = await openMemory();
    expect(await refusal(backend.open(call()))).toBe('unavailable');
    const unopened = plugin.create(createTestHost().host);
    expect(await refusal(unopened.health(call()))).toBe('unavailable');
  });
});

describe('closing', () => {
  it('forgets the keys of a service without a seed', async () => {
    const plugin = memory({ name: 'dev' });
    const first = await connect(plugin);
    const wrapped = await first.wrap('orders');
    await first.backend.close();
    const second = await connect(plugin);
    expect(await refusal(second.unwrap('orders', wrapped))).toMatch('invalid-ciphertext');
  });

  it('twice does not take the keys from another connection', async () => {
    const plugin = memory({ name: 'dev' });
    const [first, second, third] = [await connect(plugin), await connect(plugin), await connect(plugin)];
    const wrapped = await first.wrap('orders');
    await first.backend.close();
    await first.backend.close();
    await second.backend.close();
    expect(await refusal(third.unwrap('orders', wrapped))).toBe('none');
  });

  it('zeroes the secret that the host gave', async () => {
    const secret = new Uint8Array(32).fill(7);
    const host = { clock: { now: () => 0 }, random: { bytes: () => secret }, log: () => undefined };
    const backend = memory({ name: 'dev' }).create(host);
    await backend.open(call());
    expect(secret.some((byte) => byte !== 0)).toBe(true);
    await backend.close();
    expect(secret.every((byte) => byte === 0)).toBe(true);
  });
});

describe('a service that hangs', () => {
  it('answers the waiting calls when it is let go', async () => {
    const service = await openMemory();
    const letGo = service.plugin.admin.hang();
    const waiting = service.wrap('orders');
    let answered = false;
    void waiting.then(() => (answered = true));
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    letGo();
    expect(await refusal(waiting)).toBe('none');
  });

  it('does not keep a caller who has gone before the call', async () => {
    const service = await openMemory();
    service.plugin.admin.hang();
    const health = service.backend.health({ ...call(), signal: AbortSignal.abort() });
    expect(await refusal(health)).toBe('unavailable');
  });

  it('leaves no listener on the signal of a call that was answered', async () => {
    const service = await openMemory();
    const { signal } = new AbortController();
    const letGo = service.plugin.admin.hang();
    const waiting = service.backend.health({ ...call(), signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    letGo();
    await waiting;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

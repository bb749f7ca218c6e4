import { bindAad } from 'kkp-plugin-kit/testkit';
import { inspect } from 'node:util';
import { newKey, MAX_VERSIONS, rotated } from '../src/key.js';
import { createSecretKey } from 'node:crypto';
import { call, DIR, diskWithStore, openStoreOn, PLAINTEXT, refusal, Server } from './support/sim-store.js';

async function start() {
  const disk = await diskWithStore();
  return { disk, store: await openStoreOn(disk.process()), server: await Server.open(disk.process()) };
}

describe('a running server', () => {
  it('sees each change of another process with its next call', async () => {
    const { store, server } = await start();
    expect(await store.rotate('orders')).toBe(3);
    expect((await server.wrap()).key).toEqual({ keyId: 'orders', version: '3' });
    await store.disable('orders');
    expect(await refusal(server.wrap())).toBe('disabled-key key-disabled');
    expect((await server.describe()).state).toBe('disabled');
    await store.enable('orders');
    expect(await refusal(server.wrap())).toBe('none');
    expect(await refusal(server.wrap('invoices'))).toBe('not-found no-such-key');
    await store.createKey('invoices');
    expect(await refusal(server.wrap('invoices'))).toBe('none');
  });

  it('reads the file of a key only when there is a new one', async () => {
    const { disk, store } = await start();
    let reads = 0;
    const server = await Server.open(
      disk.process((_step, operation) => {
        if (operation === 'read') reads += 1;
      }),
    );
    const atStart = reads;
    for (let calls = 0; calls < 5; calls += 1) await server.unwrap(await server.wrap());
    expect(reads).toBe(atStart);
    await store.rotate('orders');
    await server.wrap();
    await server.wrap();
    expect(reads).toBe(atStart + 1);
  });

  it('follows a key that is rotated while it is looked up', async () => {
    const { disk, store } = await start();
    let rotations = 0;
    const server = await Server.open(
      disk.process(async (_step, operation) => {
        if (operation === 'read' && rotations > 0 && rotations < 4) {
          rotations += 1;
          await store.rotate('orders');
        }
      }),
    );
    rotations = 1;
    await store.rotate('orders');
    expect((await server.wrap()).key.version).toBe('6');
  });

  it('finds a key whose file was exchanged while the directory was read', async () => {
    const { disk } = await start();
    const files = disk.process();
    let missed = 0;
    const server = await Server.open({
      ...files,
      list: async (dir) => {
        const names = await files.list(dir);
        return missed-- > 0 ? names.filter((name) => !name.startsWith('orders')) : names;
      },
    });
    missed = 2;
    expect(await refusal(server.wrap())).toBe('none');
  });

  it('shows no key when it is printed', async () => {
    const { server, store } = await start();
    expect(inspect([server, store], { depth: 12, showHidden: true })).not.toMatch(/<Buffer|Uint8Array\(32\)/);
  });
});

describe('versions', () => {
  it('are numbered from 1, told on wrap and unwrap, and stale when there is a newer one', async () => {
    const { store, server } = await start();
    await store.createKey('invoices');
    const first = await server.wrap('invoices');
    expect(first.key.version).toBe('1');
    await store.rotate('invoices');
    const second = await server.wrap('invoices');
    const [old, current] = [first, second].map((blob) => server.unwrap(blob, { keyId: 'invoices' }));
    expect(await old).toMatchObject({ key: { keyId: 'invoices', version: '1' }, stale: true });
    expect(await current).toMatchObject({ key: { keyId: 'invoices', version: '2' }, stale: false });
  });

  it('below the least one open nothing until it is lowered again', async () => {
    const { store, server } = await start();
    const blob = await server.wrap();
    await store.rotate('orders');
    await store.setMinVersion('orders', 3);
    expect(await refusal(server.unwrap(blob))).toBe('disabled-key version-too-old');
    await store.setMinVersion('orders', 1);
    expect(await refusal(server.unwrap(blob))).toBe('none');
  });

  it('below the least one tell nothing of blobs that would not open anyway', async () => {
    const { store, server } = await start();
    const blob = await server.wrap();
    await store.rotate('orders');
    await store.setMinVersion('orders', 3);
    expect(await refusal(server.unwrap(blob, { aad: bindAad({ tenant: 'red' }) }))).toBe(
      'invalid-ciphertext blob-does-not-open',
    );
  });

  it('that were destroyed open nothing, and the others do', async () => {
    const { store, server } = await start();
    const old = await server.wrap();
    await store.rotate('orders');
    const current = await server.wrap();
    await store.destroy('orders', 2);
    expect(await refusal(server.unwrap(old))).toBe('disabled-key version-destroyed');
    expect(await refusal(server.unwrap(current))).toBe('none');
    expect((await store.list())[0]?.versions.map(({ version }) => version)).toEqual([1, 3]);
  });

  it('are never numbered again: not after one was destroyed either', async () => {
    const { store } = await start();
    await store.destroy('orders', 1);
    expect(await store.rotate('orders')).toBe(3);
  });

  it.each([
    ['the latest', 2, 'invalid-request version-in-use'],
    ['one that there never was', 3, 'not-found no-such-version'],
    ['number 0', 0, 'not-found no-such-version'],
  ])('of which %s is to be destroyed are kept', async (_what, version, told) => {
    const { store } = await start();
    expect(await refusal(store.destroy('orders', version))).toBe(told);
    expect((await store.list())[0]?.versions).toHaveLength(2);
  });

  it.each([0, 3, 1.5, NaN])('have no least one of %d', async (version) => {
    const { store } = await start();
    expect(await refusal(store.setMinVersion('orders', version))).toBe(
      'invalid-request version-out-of-range',
    );
  });

  it('are 1000 at most', () => {
    const next = { createdAt: 0, material: createSecretKey(Buffer.alloc(32)) };
    let key = newKey(next);
    while (key.versions.length < MAX_VERSIONS) key = rotated(next)(key);
    expect(() => rotated(next)(key)).toThrow(/at most 1000 versions/);
  });
});

describe('a key that was destroyed', () => {
  it('opens and wraps nothing, is described as destroyed, and keeps its name', async () => {
    const { store, server } = await start();
    const blob = await server.wrap();
    await store.destroy('orders');
    expect(await refusal(server.unwrap(blob))).toBe('disabled-key key-destroyed');
    expect(await refusal(server.wrap())).toBe('disabled-key key-destroyed');
    expect(await server.describe()).toMatchObject({
      state: 'destroyed',
      key: { keyId: 'orders', version: '2' },
    });
    expect(await refusal(store.createKey('orders'))).toBe('invalid-request key-exists');
  });

  it.each<[string, (store: Awaited<ReturnType<typeof openStoreOn>>) => Promise<unknown>]>([
    ['rotated', (store) => store.rotate('orders')],
    ['enabled', (store) => store.enable('orders')],
    ['disabled', (store) => store.disable('orders')],
    ['given a least version', (store) => store.setMinVersion('orders', 1)],
    ['robbed of a version', (store) => store.destroy('orders', 1)],
  ])('cannot be %s', async (_what, change) => {
    const { store } = await start();
    await store.destroy('orders');
    expect(await refusal(change(store))).toBe('disabled-key key-destroyed');
  });

  it('has no material left', async () => {
    const { disk, store } = await start();
    const length = disk.bytesOf(`${DIR}/orders.key.2`).length;
    await store.destroy('orders');
    expect(await store.list()).toEqual([expect.objectContaining({ name: 'orders', versions: [] })]);
    expect(disk.bytesOf(`${DIR}/orders.key.3`).length).toBeLessThan(length - 2 * 32);
  });

  it('may be destroyed once more', async () => {
    const { store } = await start();
    await store.destroy('orders');
    expect(await refusal(store.destroy('orders'))).toBe('none');
  });
});

describe('a disabled key', () => {
  it('can be rotated, and stays disabled', async () => {
    const { store, server } = await start();
    await store.disable('orders');
    expect(await store.rotate('orders')).toBe(3);
    expect((await server.describe()).state).toBe('disabled');
  });
});

describe('key ids', () => {
  it.each(['a', '0', 'orders.key', 'orders.key.7', 'kkp.store', 'a-b_c.d', 'k'.repeat(128)])(
    '%s is taken',
    async (name) => {
      const { store, server } = await start();
      await store.createKey(name);
      expect((await server.unwrap(await server.wrap(name), { keyId: name })).plaintext).toEqual(PLAINTEXT);
      expect((await server.describe(name)).key).toEqual({ keyId: name, version: '1' });
      expect((await store.list()).map((key) => key.name).sort()).toEqual([name, 'orders'].sort());
    },
  );

  it.each([
    '',
    '.',
    '..',
    '../orders',
    'a/b',
    '/orders',
    '.tmp-orders',
    '-a',
    '_a',
    'Orders',
    'a b',
    'a\n',
    'a\0',
    'é',
    'k'.repeat(129),
  ])('%j is refused everywhere', async (name) => {
    const { store, server } = await start();
    const blob = await server.wrap();
    const told = 'invalid-request malformed-key-id';
    expect(await refusal(store.createKey(name))).toBe(told);
    expect(await refusal(store.rotate(name))).toBe(told);
    expect(await refusal(server.wrap(name))).toBe(told);
    expect(await refusal(server.unwrap(blob, { keyId: name }))).toBe(told);
    expect(await refusal(server.describe(name))).toBe(told);
    expect(
      await refusal(server.backend.rewrap({ keyId: 'orders', wrapped: blob, toKeyId: name }, call())),
    ).toBe(told);
  });
});

import {
  openStoreOn,
  DIR,
  diskWithStore,
  refusal,
  Server,
  PLAINTEXT,
  emptyDisk,
  seamsOn,
  ROOT,
} from './support/sim-store.js';
import { LocalKeyStore } from '../src/key-store.js';
import type { SimDisk } from './support/sim-disk.js';

const ORDERS = `${DIR}/orders.key.2`;

/** Opens a server on the disk with the file changed, and gives what it says to a wrap with that key. */
async function wrapAfter(disk: SimDisk, path: string, bytes: Uint8Array): Promise<string> {
  disk.put(path, bytes);
  return refusal((await Server.open(disk.process())).wrap());
}

describe('a file of a key', () => {
  it('of which any bit was flipped is damaged', async () => {
    const disk = await diskWithStore();
    const good = disk.bytesOf(ORDERS);
    for (const at of good.keys()) {
      const flipped = Buffer.from(good.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte)));
      expect(await wrapAfter(disk, ORDERS, flipped)).toBe('unavailable record-damaged');
    }
    expect(await wrapAfter(disk, ORDERS, good)).toBe('none');
  });

  it('of which any end is missing, or which is longer, is damaged', async () => {
    const disk = await diskWithStore();
    const good = disk.bytesOf(ORDERS);
    const lengths = [...good.keys()];
    for (const bytes of [...lengths.map((length) => good.subarray(0, length)), Buffer.concat([good, good])]) {
      expect(await wrapAfter(disk, ORDERS, bytes)).toBe('unavailable record-damaged');
    }
    expect(await wrapAfter(disk, ORDERS, Buffer.alloc(300_000))).toBe('unavailable record-damaged');
  });

  it('under the name of another key is damaged', async () => {
    const disk = await diskWithStore();
    await (await openStoreOn(disk.process())).createKey('invoices');
    await (await openStoreOn(disk.process())).rotate('invoices');
    expect(await wrapAfter(disk, ORDERS, disk.bytesOf(`${DIR}/invoices.key.2`))).toBe(
      'unavailable record-damaged',
    );
  });

  it('under the number of a later revision is damaged', async () => {
    const disk = await diskWithStore();
    expect(await wrapAfter(disk, `${DIR}/orders.key.7`, disk.bytesOf(ORDERS))).toBe(
      'unavailable record-damaged',
    );
  });

  it('of another store with the same root is damaged', async () => {
    const disk = await diskWithStore();
    const other = emptyDisk();
    other.put(ROOT.file, disk.bytesOf(ROOT.file));
    const store = await LocalKeyStore.create({ dir: DIR, root: ROOT }, seamsOn(other.process()));
    await store.createKey('orders');
    await store.rotate('orders');
    expect(await wrapAfter(disk, ORDERS, other.bytesOf(ORDERS))).toBe('unavailable record-damaged');
  });

  it('that is damaged is named in the log and in the list, and harms no other key', async () => {
    const disk = await diskWithStore();
    await (await openStoreOn(disk.process())).createKey('invoices');
    disk.put(ORDERS, Buffer.alloc(100));
    const server = await Server.open(disk.process());
    expect(server.logged).toEqual([
      expect.objectContaining({ level: 'error', fields: { keys: ['orders'] } }),
    ]);
    expect((await server.unwrap(await server.wrap('invoices'), { keyId: 'invoices' })).plaintext).toEqual(
      PLAINTEXT,
    );
    expect(await (await openStoreOn(disk.process())).list()).toMatchObject([
      { name: 'invoices', state: 'enabled' },
      { name: 'orders', state: 'damaged' },
    ]);
  });

  it('that is damaged is not built on', async () => {
    const disk = await diskWithStore();
    disk.put(ORDERS, Buffer.alloc(100));
    const store = await openStoreOn(disk.process());
    expect(await refusal(store.rotate('orders'))).toBe('unavailable record-damaged');
    expect(await refusal(store.createKey('orders'))).toBe('invalid-request key-exists');
  });
});

describe('a file that is put back by an older one', () => {
  it('is refused by a running server', async () => {
    const disk = await diskWithStore();
    const older = disk.bytesOf(ORDERS);
    const server = await Server.open(disk.process());
    await (await openStoreOn(disk.process())).disable('orders');
    expect(await refusal(server.wrap())).toBe('disabled-key key-disabled');
    await disk.process().remove(`${DIR}/orders.key.3`);
    disk.put(ORDERS, older);
    expect(await refusal(server.wrap())).toBe('unavailable rolled-back');
  });

  it('is taken by a server that starts then: nothing on the disk tells', async () => {
    const disk = await diskWithStore();
    const older = disk.bytesOf(ORDERS);
    await (await openStoreOn(disk.process())).disable('orders');
    await disk.process().remove(`${DIR}/orders.key.3`);
    expect(await wrapAfter(disk, ORDERS, older)).toBe('none');
  });

  it('is not found by a running server when it is gone altogether', async () => {
    const disk = await diskWithStore();
    const server = await Server.open(disk.process());
    await disk.process().remove(ORDERS);
    expect(await refusal(server.wrap())).toBe('not-found no-such-key');
  });
});

describe('the header of a store', () => {
  const HEADER = `${DIR}/kkp.store.1`;
  const header = async (change: (fields: Record<string, never>) => unknown) => {
    const disk = await diskWithStore();
    const fields = JSON.parse(disk.bytesOf(HEADER).toString()) as Record<string, never>;
    disk.put(HEADER, Buffer.from(JSON.stringify(change(fields))));
    return refusal(Server.open(disk.process()));
  };

  it.each<[string, (fields: Record<string, never>) => unknown, string]>([
    ['another format', (fields) => ({ ...fields, format: 2 }), 'unavailable store-damaged'],
    ['no root', (fields) => ({ ...fields, root: null }), 'unavailable store-damaged'],
    ['an unknown root', (fields) => ({ ...fields, root: { kind: 'tpm' } }), 'unavailable store-damaged'],
    [
      'a root without salt',
      (fields) => ({ ...fields, root: { kind: 'passphrase' } }),
      'unavailable store-damaged',
    ],
    ['no sealed key', (fields) => ({ ...fields, sealed: undefined }), 'unavailable store-damaged'],
    ['an empty sealed key', (fields) => ({ ...fields, sealed: '' }), 'access-denied wrong-root'],
    ['a list instead', () => [], 'unavailable store-damaged'],
    ['a text instead', () => 'x', 'unavailable store-damaged'],
  ])('with %s opens nothing', async (_what, change, told) => {
    expect(await header(change)).toBe(told);
  });

  it('that is no JSON, or is cut anywhere, opens nothing', async () => {
    const disk = await diskWithStore();
    const good = disk.bytesOf(HEADER);
    for (let length = 0; length < good.length - 1; length += 1) {
      disk.put(HEADER, good.subarray(0, length));
      expect(await refusal(Server.open(disk.process()))).toBe('unavailable store-damaged');
    }
  });
});

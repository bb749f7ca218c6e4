import type { WrappedKey } from 'kkp-plugin-kit';
import { bindAad, createTestHost } from 'kkp-plugin-kit/testkit';
import { LocalBackend } from '../src/backend.js';
import { nodeFiles } from '../src/files.js';
import type { LocalKeyStore } from '../src/key-store.js';
import {
  call,
  DIR,
  diskWithStore,
  openStoreOn,
  PLAINTEXT,
  refusal,
  ROOT,
  Server,
} from './support/sim-store.js';

const NOT_OPENED = 'invalid-ciphertext blob-does-not-open';

async function start(): Promise<{ server: Server; store: LocalKeyStore; blob: WrappedKey }> {
  const disk = await diskWithStore();
  const store = await openStoreOn(disk.process());
  await store.createKey('invoices');
  const server = await Server.open(disk.process());
  return { server, store, blob: await server.wrap() };
}

const relabelled = ({ blob, ...wrapped }: WrappedKey, version: number): WrappedKey => {
  const head = Buffer.from(blob);
  head.writeUInt32BE(version, 1);
  return { ...wrapped, blob: Uint8Array.from(head) };
};

describe('a blob', () => {
  it('has its format, its version and 60 bytes beside the ciphertext', async () => {
    const { blob } = await start();
    expect(Buffer.from(blob.blob).subarray(0, 5).toString('hex')).toBe('0100000002');
    expect(blob).toMatchObject({
      alg: 'HKDF-SHA256-AES-256-GCM',
      key: { keyId: 'orders', version: '2' },
    });
    expect(blob.blob).toHaveLength(5 + 60 + PLAINTEXT.length);
  });

  it.each([0, 1, 3, 0xffffffff])(
    'that says version %d although version 2 made it does not open',
    async (version) => {
      const { server, blob } = await start();
      expect(await refusal(server.unwrap(relabelled(blob, version)))).toBe(NOT_OPENED);
    },
  );

  it('opens by the version in it, whatever the pin says', async () => {
    const { server, blob } = await start();
    const pinned = { ...blob, key: { keyId: 'invoices', version: '../1' } };
    expect((await server.unwrap(pinned)).key).toEqual({ keyId: 'orders', version: '2' });
  });

  it.each(['AES-256-GCM', '', 'aes'])('of the algorithm %j does not open', async (alg) => {
    const { server, blob } = await start();
    expect(await refusal(server.unwrap({ ...blob, alg }))).toBe(NOT_OPENED);
  });

  it('of another format does not open', async () => {
    const { server, blob } = await start();
    const other = { ...blob, blob: Uint8Array.of(2, ...blob.blob.slice(1)) };
    expect(await refusal(server.unwrap(other))).toBe(NOT_OPENED);
  });

  it('in the middle of a larger buffer opens', async () => {
    const { server, blob } = await start();
    const larger = Uint8Array.of(9, 9, 9, ...blob.blob, 9, 9);
    const view = larger.subarray(3, 3 + blob.blob.length);
    expect((await server.unwrap({ ...blob, blob: view })).plaintext).toEqual(PLAINTEXT);
  });

  it('with AAD of no bytes is not one without AAD', async () => {
    const { server, blob } = await start();
    const empty = { map: {}, bytes: new Uint8Array() };
    expect(await refusal(server.unwrap(blob, { aad: empty }))).toBe(NOT_OPENED);
    const bound = await server.wrap('orders', { aad: empty });
    expect(await refusal(server.unwrap(bound))).toBe(NOT_OPENED);
    expect((await server.unwrap(bound, { aad: empty })).plaintext).toEqual(PLAINTEXT);
  });

  it('is of the key that made it only, with AAD that looks like the name of another', async () => {
    const { server } = await start();
    const bound = await server.wrap('orders', { aad: { map: {}, bytes: Buffer.from('invoices') } });
    const aad = { map: {}, bytes: Buffer.from('orders') };
    expect(await refusal(server.unwrap(bound, { keyId: 'invoices', aad }))).toBe(NOT_OPENED);
  });

  it('has a salt and a nonce of its own', async () => {
    const { server, blob } = await start();
    const again = await server.wrap();
    expect(again.blob.slice(5, 37)).not.toEqual(blob.blob.slice(5, 37));
    expect(again.blob.slice(37, 49)).not.toEqual(blob.blob.slice(37, 49));
  });
});

describe('sizes', () => {
  it.each([1, 65_536])('%d bytes are wrapped', async (length) => {
    const { server } = await start();
    const plaintext = new Uint8Array(length).fill(7);
    expect((await server.unwrap(await server.wrap('orders', { plaintext }))).plaintext).toEqual(plaintext);
  });

  it.each([0, 65_537])('%d bytes are an invalid request', async (length) => {
    const { server } = await start();
    const wrapping = server.wrap('orders', { plaintext: new Uint8Array(length) });
    expect(await refusal(wrapping)).toBe('invalid-request plaintext-size');
  });
});

describe('rewrapping', () => {
  const red = bindAad({ tenant: 'red' });
  const blue = bindAad({ tenant: 'blue' });

  it('moves a blob to the current version of its key', async () => {
    const { server, store, blob } = await start();
    await store.rotate('orders');
    const moved = await server.backend.rewrap({ keyId: 'orders', wrapped: blob, toKeyId: 'orders' }, call());
    expect(moved.key).toEqual({ keyId: 'orders', version: '3' });
    expect(await server.unwrap(moved)).toMatchObject({ stale: false, plaintext: PLAINTEXT });
  });

  it('drops AAD only where it is told to', async () => {
    const { server } = await start();
    const wrapped = await server.wrap('orders', { aad: red });
    const bare = await server.backend.rewrap(
      { keyId: 'orders', wrapped, aad: red, toKeyId: 'invoices' },
      call(),
    );
    expect(await refusal(server.unwrap(bare, { keyId: 'invoices', aad: red }))).toBe(NOT_OPENED);
    expect((await server.unwrap(bare, { keyId: 'invoices' })).plaintext).toEqual(PLAINTEXT);
  });

  it.each([
    ['with other AAD than the blob', { keyId: 'orders', aad: blue, toKeyId: 'invoices' }, NOT_OPENED],
    ['without the AAD of the blob', { keyId: 'orders', toKeyId: 'invoices' }, NOT_OPENED],
    ['from another key', { keyId: 'invoices', aad: red, toKeyId: 'invoices' }, NOT_OPENED],
    ['to no key', { keyId: 'orders', aad: red, toKeyId: 'absent' }, 'not-found no-such-key'],
    ['from no key', { keyId: 'absent', aad: red, toKeyId: 'orders' }, 'not-found no-such-key'],
  ])('%s is refused', async (_what, request, told) => {
    const { server } = await start();
    const wrapped = await server.wrap('orders', { aad: red });
    expect(await refusal(server.backend.rewrap({ ...request, wrapped }, call()))).toBe(told);
  });

  it('needs both keys enabled', async () => {
    const { server, store, blob } = await start();
    await store.disable('invoices');
    const to = { keyId: 'orders', wrapped: blob, toKeyId: 'invoices' };
    expect(await refusal(server.backend.rewrap(to, call()))).toBe('disabled-key key-disabled');
    const from = { keyId: 'invoices', wrapped: blob, toKeyId: 'orders' };
    expect(await refusal(server.backend.rewrap(from, call()))).toBe('disabled-key key-disabled');
  });
});

describe('opening and closing', () => {
  const connect = async () => {
    const disk = await diskWithStore();
    return new LocalBackend({ dir: DIR, root: ROOT }, createTestHost().host, disk.process());
  };

  it('twice is refused, and once is needed', async () => {
    const backend = await connect();
    expect(await refusal(backend.describeKey('orders', call()))).toBe('unavailable not-open');
    expect(await refusal(backend.health(call()))).toBe('unavailable not-open');
    await backend.open(call());
    expect(await refusal(backend.open(call()))).toBe('unavailable not-open');
  });

  it('that is closed while it opens stays closed', async () => {
    const backend = await connect();
    const opening = refusal(backend.open(call()));
    await backend.close();
    expect(await opening).toBe('unavailable not-open');
    expect(await refusal(backend.describeKey('orders', call()))).toBe('unavailable not-open');
  });

  it('lets no call that is under way have a key', async () => {
    const { server } = await start();
    const wrapping = refusal(server.wrap());
    await server.backend.close();
    expect(await wrapping).toBe('unavailable not-open');
  });

  it('makes a probe that is under way no answer', async () => {
    const disk = await diskWithStore();
    const backend: LocalBackend = new LocalBackend(
      { dir: DIR, root: ROOT },
      createTestHost().host,
      disk.process(async (_step, operation) => {
        if (operation === 'list' && closing) {
          await backend.close();
          throw new Error('closed');
        }
      }),
    );
    let closing = false;
    await backend.open(call());
    closing = true;
    expect(await refusal(backend.health(call()))).toBe('unavailable');
  });

  it('leaves a store that does not exist alone', async () => {
    const { host } = createTestHost();
    const backend = new LocalBackend({ dir: '/nowhere/at/all', root: ROOT }, host, nodeFiles);
    expect(await refusal(backend.open(call()))).toBe('unavailable ENOENT');
    await backend.close();
  });
});

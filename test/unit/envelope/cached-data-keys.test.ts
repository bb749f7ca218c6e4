import { memory } from 'kkp-plugin-memory';
import {
  KmsError,
  type KmsBackend,
  type KmsPlugin,
  type UnwrapRequest,
  type WrapRequest,
} from 'kkp-plugin-kit';
import type { CallContext } from '../../../src/call-context.js';
import { CachedDataKeys } from '../../../src/envelope/cached-data-keys.js';
import { FreshDataKeys } from '../../../src/envelope/data-key-source.js';
import type { Envelope } from '../../../src/envelope/envelope-codec.js';
import { EnvelopeService } from '../../../src/envelope/envelope.service.js';
import { FakeBackend, fakePlugin, type FakeOptions } from '../backends/fake-backend.js';
import { deferred, makeRegistry } from '../backends/setup.js';
import { ENVELOPE_ERROR, PLAINTEXT, publicError } from './setup.js';

const LIMITS = { maxAgeSeconds: 60, maxUses: 1_000, maxBytes: 10_000, maxEntries: 100 };
const ALICE: CallContext = { requestId: 'r', partition: 'alice' };
const BOB: CallContext = { requestId: 'r', partition: 'bob' };
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

interface Message {
  readonly backend?: string;
  readonly keyId?: string;
  readonly associatedData?: string;
  readonly plaintext?: Buffer;
}

/** A service with a cache over these backends. */
async function caching(plugins: readonly KmsPlugin[], limits: Partial<typeof LIMITS> = {}) {
  const made = makeRegistry(plugins);
  await made.registry.open();
  const lookUps: string[] = [];
  const evictions: string[] = [];
  const cache = new CachedDataKeys(new FreshDataKeys(made.random), { ...LIMITS, ...limits }, made.clock, {
    onLookUp: ({ direction, result }) => lookUps.push(`${direction} ${result}`),
    onEviction: ({ direction, reason }) => evictions.push(`${direction} ${reason}`),
  });
  const service = new EnvelopeService(made.registry, made.random, cache);
  const encrypt = (call: CallContext = ALICE, message: Message = {}) =>
    service.encrypt({ backend: 'eu', keyId: 'k', plaintext: PLAINTEXT, ...message }, call);
  const decrypt = (envelope: Envelope, call: CallContext = ALICE) =>
    service.decrypt({ grant: { backend: envelope.backend, keyId: envelope.key_id }, envelope }, call);
  return { ...made, cache, service, encrypt, decrypt, lookUps, evictions };
}

/** The same over one fake "eu". */
async function cachingFake(options: FakeOptions = {}, limits: Partial<typeof LIMITS> = {}) {
  const plugin = fakePlugin('eu', options);
  const made = await caching([plugin], limits);
  return { ...made, fake: plugin.created[0]! };
}

describe.each(['bytes', 'none'] as const)('cached data keys of a key that takes AAD as %s', (aad) => {
  it('call the key service once for many messages, and once to open them', async () => {
    const { encrypt, decrypt, fake, lookUps } = await cachingFake({ aad });
    const envelopes: Envelope[] = [];
    for (let count = 0; count < 10; count++) envelopes.push(await encrypt());
    for (const envelope of envelopes) expect((await decrypt(envelope)).equals(PLAINTEXT)).toBe(true);
    expect([fake.asked('wrapKey'), fake.asked('unwrapKey')]).toEqual([1, 1]);
    expect(lookUps.filter((one) => one === 'encrypt hit')).toHaveLength(9);
    expect(lookUps.filter((one) => one === 'decrypt hit')).toHaveLength(9);
    expect(lookUps.filter((one) => one.endsWith('miss'))).toHaveLength(2);
  });

  it('keep the messages apart: another nonce, another ciphertext, another commitment', async () => {
    const { encrypt } = await cachingFake({ aad });
    const envelopes = [await encrypt(), await encrypt()];
    for (const member of ['nonce', 'ciphertext', 'encrypted_data_key'] as const) {
      expect(envelopes[0]![member]).not.toBe(envelopes[1]![member]);
    }
  });

  it('open without the cache', async () => {
    const { encrypt, registry, random } = await cachingFake({ aad });
    await encrypt();
    const envelope = await encrypt();
    const plain = new EnvelopeService(registry, random);
    const grant = { backend: 'eu', keyId: 'k' };
    expect((await plain.decrypt({ grant, envelope }, ALICE)).equals(PLAINTEXT)).toBe(true);
  });
});

describe('a data key is not shared', () => {
  it.each<[string, CallContext, Message]>([
    ['with another partition', BOB, {}],
    ['with another key', ALICE, { keyId: 'k2' }],
    ['with another backend', ALICE, { backend: 'us' }],
    ['with other associated data', ALICE, { associatedData: 'order 2' }],
    ['with empty associated data', ALICE, { associatedData: '' }],
    ['with a caller that has no partition', { requestId: 'r' }, {}],
  ])('%s', async (_what, call, message) => {
    const plugins = [fakePlugin('eu'), fakePlugin('us')];
    const { encrypt } = await caching(plugins);
    const wraps = () => plugins.reduce((sum, { created }) => sum + created[0]!.asked('wrapKey'), 0);
    await encrypt();
    await encrypt(call, message);
    expect(wraps()).toBe(2);
  });

  it('between callers that have no partition', async () => {
    const { encrypt, fake, cache } = await cachingFake();
    await encrypt({ requestId: 'r' });
    await encrypt({ requestId: 'r' });
    expect([fake.asked('wrapKey'), cache.sizes.encrypt]).toEqual([2, 0]);
  });

  it('to decrypt with other associated data: the key service judges that', async () => {
    const { encrypt, decrypt, fake } = await cachingFake();
    const envelope = await encrypt();
    await decrypt(envelope);
    const changed = { ...envelope, associated_data: 'order 1' };
    expect(await publicError(decrypt(changed))).toEqual(ENVELOPE_ERROR);
    expect(fake.asked('unwrapKey')).toBe(2);
  });

  it('between partitions to decrypt either, nor with a caller that has none', async () => {
    const { encrypt, decrypt, fake } = await cachingFake();
    const envelope = await encrypt();
    for (const call of [ALICE, BOB, { requestId: 'r' }, { requestId: 'r' }]) await decrypt(envelope, call);
    expect(fake.asked('unwrapKey')).toBe(4);
  });

  it('by partitions whose names only look alike when they are put together', async () => {
    const { encrypt, fake } = await cachingFake();
    await encrypt({ requestId: 'r', partition: 'a","b' }, { keyId: 'k' });
    await encrypt({ requestId: 'r', partition: 'b' }, { keyId: 'k","a' });
    expect(fake.asked('wrapKey')).toBe(2);
  });

  it('with a message larger than a data key may encrypt', async () => {
    const { encrypt, fake, lookUps } = await cachingFake();
    const plaintext = Buffer.alloc(10_001);
    await encrypt(ALICE, { plaintext });
    await encrypt(ALICE, { plaintext });
    expect(fake.asked('wrapKey')).toBe(2);
    expect(lookUps).toEqual(['encrypt bypass', 'encrypt bypass']);
  });

  it('with an envelope that was changed, which fails as ever', async () => {
    const { encrypt, decrypt } = await cachingFake();
    const envelope = await encrypt(ALICE, { associatedData: 'order 1' });
    await decrypt(envelope);
    const other = await encrypt(ALICE, { associatedData: 'order 2' });
    const changed: Partial<Envelope>[] = [
      { associated_data: 'order 2' },
      { ciphertext: other.ciphertext },
      { nonce: other.nonce },
      { encrypted_data_key: other.encrypted_data_key },
    ];
    for (const change of changed) {
      expect(await publicError(decrypt({ ...envelope, ...change }))).toEqual(ENVELOPE_ERROR);
    }
    const without: Partial<Record<keyof Envelope, string>> = { ...envelope };
    delete without.associated_data;
    expect(await publicError(decrypt(without as Envelope))).toEqual(ENVELOPE_ERROR);
  });

  it('after its messages or bytes are spent', async () => {
    const few = await cachingFake({}, { maxUses: 2 });
    for (let count = 0; count < 5; count++) await few.encrypt();
    expect(few.fake.asked('wrapKey')).toBe(3);
    const small = await cachingFake({}, { maxBytes: 2 * PLAINTEXT.length });
    for (let count = 0; count < 5; count++) await small.encrypt();
    expect(small.fake.asked('wrapKey')).toBe(3);
    expect(small.evictions).toEqual(['encrypt bytes', 'encrypt bytes']);
  });

  it('beyond the number that are held, whatever somebody asks for', async () => {
    const { encrypt, cache, evictions } = await cachingFake({}, { maxEntries: 5 });
    for (let count = 0; count < 50; count++) await encrypt(ALICE, { associatedData: `${count}` });
    expect(cache.sizes).toEqual({ encrypt: 5, decrypt: 0 });
    expect(evictions.filter((one) => one === 'encrypt capacity')).toHaveLength(45);
  });
});

describe('a key that is disabled', () => {
  const disabling = async () => {
    const plugin = memory({ name: 'eu', emulates: 'aws', seed: '1' });
    const made = await caching([plugin]);
    const envelope = await made.encrypt();
    await made.decrypt(envelope);
    plugin.admin.disable('k');
    return { ...made, envelope, plugin };
  };

  it('works through the cache until the stated bound, and not a millisecond longer', async () => {
    const { encrypt, decrypt, envelope, clock } = await disabling();
    clock.time += 59_999;
    await encrypt();
    expect((await decrypt(envelope)).equals(PLAINTEXT)).toBe(true);
    clock.time += 1;
    expect(await publicError(encrypt())).toMatchObject({ code: 'kms_error' });
    expect(await publicError(decrypt(envelope))).toMatchObject({ code: 'kms_error' });
  });

  it('is not kept in use by being used', async () => {
    const { encrypt, decrypt, envelope, clock } = await disabling();
    for (let second = 1; second < 60; second++) {
      clock.time += 1_000;
      await encrypt();
      await decrypt(envelope);
    }
    clock.time += 1_000;
    expect(await publicError(decrypt(envelope))).toMatchObject({ code: 'kms_error' });
  });

  it('ends at once for all when the key service refuses one message', async () => {
    const { encrypt, decrypt, envelope, evictions } = await disabling();
    expect(await publicError(encrypt(BOB))).toMatchObject({ code: 'kms_error' });
    expect(await publicError(encrypt())).toMatchObject({ code: 'kms_error' });
    expect(await publicError(decrypt(envelope))).toMatchObject({ code: 'kms_error' });
    expect(evictions).toEqual(['encrypt key-refused', 'decrypt key-refused']);
  });

  it('goes on for another key', async () => {
    const { encrypt, cache } = await disabling();
    await encrypt(ALICE, { keyId: 'k2' });
    await publicError(encrypt(BOB));
    expect(cache.sizes).toEqual({ encrypt: 1, decrypt: 0 });
  });

  it.each(['throttled', 'unavailable', 'invalid-request'] as const)(
    'is not one of which the key service says %s',
    async (code) => {
      let fails = false;
      const replace = (fake: FakeBackend): Partial<KmsBackend> => ({
        wrapKey: (request: WrapRequest, call) =>
          fails
            ? Promise.reject(new KmsError(code, 'no'))
            : FakeBackend.prototype.wrapKey.call(fake, request, call),
      });
      const { encrypt, cache } = await cachingFake({ replace });
      await encrypt();
      fails = true;
      await publicError(encrypt(BOB));
      expect(cache.sizes.encrypt).toBe(1);
    },
  );

  it('is not one that an envelope names wrongly: nobody can empty the cache by decrypting', async () => {
    const replace = (fake: FakeBackend): Partial<KmsBackend> => ({
      unwrapKey: (request: UnwrapRequest, call) =>
        request.wrapped.key.version === 'v8'
          ? Promise.reject(new KmsError('disabled-key', 'no'))
          : FakeBackend.prototype.unwrapKey.call(fake, request, call),
    });
    const { encrypt, decrypt, cache } = await cachingFake({ version: 'v7', replace });
    const envelope = await encrypt();
    await decrypt(envelope);
    const named = Buffer.from(envelope.encrypted_data_key, 'base64url');
    named.write('v8', named.indexOf('v7'));
    const forged = { ...envelope, encrypted_data_key: named.toString('base64url') };
    expect(await publicError(decrypt(forged))).toEqual(ENVELOPE_ERROR);
    expect(cache.sizes).toEqual({ encrypt: 1, decrypt: 1 });
  });
});

describe('a key that is rotated', () => {
  it('is used in its new version as soon as the key service has answered with it', async () => {
    const options: { version: string } = { version: 'v1' };
    const { encrypt, decrypt, fake, evictions } = await cachingFake(options);
    const old = await encrypt();
    options.version = 'v2';
    await encrypt(BOB);
    const current = await encrypt();
    expect(fake.asked('wrapKey')).toBe(3);
    expect(Buffer.from(current.encrypted_data_key, 'base64url').includes('v2')).toBe(true);
    expect(evictions).toEqual(['encrypt key-changed']);
    expect((await decrypt(old)).equals(PLAINTEXT)).toBe(true);
  });

  it('is the new key as soon as an alias was seen to have moved', async () => {
    const aliases: Record<string, string> = { 'alias/a': 'key-1' };
    const { encrypt, fake, evictions } = await cachingFake({ aliases });
    const message = { keyId: 'alias/a' };
    await encrypt(ALICE, message);
    aliases['alias/a'] = 'key-2';
    await encrypt(BOB, message);
    await encrypt(ALICE, message);
    expect(fake.asked('wrapKey')).toBe(3);
    expect(evictions).toEqual(['encrypt key-changed']);
  });
});

describe('a stampede', () => {
  const slow = (answer: Promise<void>): FakeOptions => ({
    replace: (fake) => ({
      wrapKey: async (request, call) => {
        await answer;
        return FakeBackend.prototype.wrapKey.call(fake, request, call);
      },
      unwrapKey: async (request, call) => {
        await answer;
        return FakeBackend.prototype.unwrapKey.call(fake, request, call);
      },
    }),
  });

  it('is one call of the key service each way', async () => {
    const { encrypt, decrypt, fake, lookUps } = await cachingFake(slow(Promise.resolve()));
    const envelopes = await Promise.all(Array.from({ length: 50 }, () => encrypt()));
    await Promise.all(envelopes.map((envelope) => decrypt(envelope)));
    expect([fake.asked('wrapKey'), fake.asked('unwrapKey')]).toEqual([1, 1]);
    expect(lookUps.filter((one) => one.endsWith('miss'))).toEqual(['encrypt miss', 'decrypt miss']);
  });

  it('does not use one data key for more messages than it may', async () => {
    const { encrypt, decrypt, fake } = await cachingFake(slow(Promise.resolve()), { maxUses: 3 });
    const envelopes = await Promise.all(Array.from({ length: 10 }, () => encrypt()));
    expect(fake.asked('wrapKey')).toBe(8);
    for (const envelope of envelopes) await decrypt(envelope);
  });

  it('goes on for the others when the one that came first goes', async () => {
    const answer = deferred<undefined>();
    const { encrypt, fake } = await cachingFake(slow(answer.promise));
    const caller = new AbortController();
    const first = publicError(encrypt({ ...ALICE, signal: caller.signal }));
    const second = encrypt();
    caller.abort();
    expect(await first).toMatchObject({ code: 'kms_unavailable' });
    answer.resolve(undefined);
    await expect(second).resolves.toBeDefined();
    expect(fake.asked('wrapKey')).toBe(1);
  });

  it('fails for all when that one call fails, and is tried again by the next', async () => {
    let failing = true;
    const replace = (fake: FakeBackend): Partial<KmsBackend> => ({
      wrapKey: (request: WrapRequest, call) => {
        if (!failing) return FakeBackend.prototype.wrapKey.call(fake, request, call);
        fake.note('wrapKey', request, call);
        return Promise.reject(new KmsError('throttled', 'busy'));
      },
    });
    const { encrypt, fake } = await cachingFake({ replace });
    const failures = await Promise.all([publicError(encrypt()), publicError(encrypt())]);
    expect(failures).toMatchObject([{ code: 'kms_throttled' }, { code: 'kms_throttled' }]);
    expect(fake.asked('wrapKey')).toBe(1);
    failing = false;
    await expect(encrypt()).resolves.toBeDefined();
  });
});

describe('the keys that a cache holds', () => {
  it('are zeroed when it is closed, and so is one that comes after', async () => {
    const answer = deferred<undefined>();
    const fresh: Uint8Array[] = [];
    const { cache, registry, random } = await cachingFake();
    const source = new FreshDataKeys(random);
    const late = new CachedDataKeys(
      {
        forEncryption: async (...args) => {
          await answer.promise;
          const made = await source.forEncryption(...args);
          fresh.push(made.dataKey);
          return made;
        },
        forDecryption: source.forDecryption.bind(source),
        close: () => undefined,
      },
      LIMITS,
      { now: () => 0 },
    );
    const service = new EnvelopeService(registry, random, late);
    const result = service.encrypt({ backend: 'eu', keyId: 'k', plaintext: PLAINTEXT }, ALICE);
    late.close();
    answer.resolve(undefined);
    await result;
    expect(fresh.map(isZero)).toEqual([true, true]);
    expect(late.sizes).toEqual({ encrypt: 0, decrypt: 0 });
    cache.close();
  });

  it('are not those that messages are given: each of these is zeroed after use', async () => {
    const { encrypt, random, cache } = await cachingFake();
    await encrypt();
    await encrypt();
    const made = random.issued.filter(({ length }) => length === 32);
    expect(made.map(isZero)).toEqual([false]);
    cache.close();
    expect(made.map(isZero)).toEqual([true]);
  });

  it('count from when the key service was asked, not from when it answered', async () => {
    const answer = deferred<undefined>();
    const { encrypt, fake, clock } = await cachingFake({
      replace: (self) => ({
        wrapKey: async (request, call) => {
          await answer.promise;
          return FakeBackend.prototype.wrapKey.call(self, request, call);
        },
      }),
    });
    const first = encrypt();
    clock.time += 5_000;
    answer.resolve(undefined);
    await first;
    clock.time += 55_000;
    await encrypt();
    expect(fake.asked('wrapKey')).toBe(2);
  });
});

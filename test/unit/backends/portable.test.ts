import { jest } from '@jest/globals';
import { KmsError, type KmsBackend } from 'kkp-plugin-kit';
import { bindAad } from '../../../src/backends/index.js';
import type { FakeOptions } from './fake-backend.js';
import { CALL, deferred, never, openFake, thrownBy } from './setup.js';

const AAD = bindAad({ purpose: 'test' });
const PLAINTEXT = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
const code = (expected: string): unknown => expect.objectContaining({ name: 'KmsError', code: expected });
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);
const replacing = (methods: Partial<KmsBackend>): FakeOptions => ({ replace: () => methods });

describe('a backend behind the portable wrapper', () => {
  it('opens what it wrapped', async () => {
    const { backend } = await openFake();
    const wrapped = await backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT, aad: AAD }, CALL);
    const opened = await backend.unwrapKey({ keyId: 'k', wrapped, aad: AAD }, CALL);
    expect(Uint8Array.from(opened.plaintext)).toEqual(PLAINTEXT);
  });

  it('reports each call once, with its outcome and duration', async () => {
    const { backend, events } = await openFake();
    await backend.describeKey('k', CALL);
    await expect(backend.describeKey('missing', CALL)).rejects.toEqual(code('not-found'));
    expect(events).toEqual([
      { backend: 'eu', operation: 'describeKey', code: 'ok', seconds: 0 },
      { backend: 'eu', operation: 'describeKey', code: 'not-found', seconds: 0 },
    ]);
  });

  it('hands the backend a copy of the plaintext, and zeroes the copy afterwards', async () => {
    let given: Uint8Array | undefined;
    const greedy = (request: { plaintext: Uint8Array }) => {
      given = request.plaintext;
      expect(given).toEqual(PLAINTEXT);
      given.fill(9);
      return Promise.resolve({ blob: Uint8Array.of(1), alg: 'A', key: { keyId: 'k' } });
    };
    const { backend } = await openFake(replacing({ wrapKey: greedy }));
    const plaintext = Uint8Array.from(PLAINTEXT);
    await backend.wrapKey({ keyId: 'k', plaintext }, CALL);
    expect(plaintext).toEqual(PLAINTEXT);
    expect(isZero(given!)).toBe(true);
  });

  it.each([
    ['an Error', new Error('secret')],
    ['a string', 'secret'],
    [
      'an error that only looks alike',
      Object.assign(new Error('secret'), { name: 'KmsError', code: 'weird' }),
    ],
  ])('makes a KmsError of %s, without its text and with its cause', async (_what, thrown) => {
    const wrapKey = jest.fn<KmsBackend['wrapKey']>().mockRejectedValue(thrown);
    const { backend } = await openFake(replacing({ wrapKey }));
    const error = await backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL).catch((e: unknown) => e);
    expect(error).toEqual(code('unavailable'));
    expect((error as Error).message).not.toContain('secret');
    expect((error as Error).cause).toBe(thrown);
  });

  it('knows the KmsError of another copy of the kit', async () => {
    const foreign = Object.assign(new Error('busy'), {
      name: 'KmsError',
      code: 'throttled',
      side: 'provider',
    });
    const { backend } = await openFake(replacing({ wrapKey: () => Promise.reject(foreign) }));
    const result = backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL);
    await expect(result).rejects.toEqual(code('throttled'));
  });

  it.each(['wrapKey', 'unwrapKey', 'describeKey', 'generateDataKey'] as const)(
    'refuses %s when the backend is closed, without calling it',
    async (method) => {
      const { backend, fake, registry } = await openFake();
      const wrapped = await backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL);
      await registry.close();
      fake.calls.length = 0;
      const calls = {
        wrapKey: () => backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL),
        unwrapKey: () => backend.unwrapKey({ keyId: 'k', wrapped }, CALL),
        describeKey: () => backend.describeKey('k', CALL),
        generateDataKey: () => backend.generateDataKey({ keyId: 'k', bytes: 32 }, CALL),
      };
      await expect(calls[method]()).rejects.toEqual(code('unavailable'));
      expect(fake.calls).toEqual([]);
    },
  );
});

describe('what goes in', () => {
  it.each([
    ['an empty key id', '', 32, undefined],
    ['a key id over 1024 characters', 'k'.repeat(1025), 32, undefined],
    ['an empty plaintext', 'k', 0, undefined],
    ['a plaintext over the maximum', 'k', 4097, undefined],
    ['AAD over the maximum', 'k', 32, bindAad({ a: 'x'.repeat(100) })],
  ])('refuses %s before the backend is called', async (_what, keyId, length, aad) => {
    const { backend, fake } = await openFake({ capabilities: { maxAadBytes: 64 } });
    const request = { keyId, plaintext: new Uint8Array(length).fill(1), ...(aad && { aad }) };
    await expect(backend.wrapKey(request, CALL)).rejects.toEqual(code('invalid-request'));
    expect(fake.asked('wrapKey')).toBe(0);
  });

  it('refuses AAD for a key that takes none, instead of dropping it', async () => {
    const { backend, fake } = await openFake({ aad: 'none' });
    const wrapped = await backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL);
    await expect(backend.unwrapKey({ keyId: 'k', wrapped, aad: AAD }, CALL)).rejects.toEqual(
      code('unsupported'),
    );
    await expect(backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT, aad: AAD }, CALL)).rejects.toEqual(
      code('unsupported'),
    );
    expect(fake.asked('unwrapKey')).toBe(0);
  });

  it.each(['', 'k'.repeat(1025)])('refuses to describe a malformed key id', async (ref) => {
    const { backend, fake } = await openFake();
    await expect(backend.describeKey(ref, CALL)).rejects.toEqual(code('invalid-request'));
    expect(fake.asked('describeKey')).toBe(0);
  });
});

const WRAPPED = { blob: Uint8Array.of(1), alg: 'A', key: { keyId: 'k' } };
const opened = () => ({ plaintext: Uint8Array.from(PLAINTEXT), key: { keyId: 'k' } });

describe('what a plugin answers', () => {
  it.each([
    ['nothing', undefined],
    ['a string', 'blob'],
    ['no blob', { ...WRAPPED, blob: undefined }],
    ['an empty blob', { ...WRAPPED, blob: new Uint8Array() }],
    ['a blob over 128 KiB', { ...WRAPPED, blob: new Uint8Array(131_073) }],
    ['a blob that is text', { ...WRAPPED, blob: 'AQ' }],
    ['a blob that is an array', { ...WRAPPED, blob: [1] }],
    ['no algorithm', { ...WRAPPED, alg: undefined }],
    ['an empty algorithm', { ...WRAPPED, alg: '' }],
    ['an algorithm with a space', { ...WRAPPED, alg: 'A B' }],
    ['an algorithm over 128 characters', { ...WRAPPED, alg: 'A'.repeat(129) }],
    ['no key', { ...WRAPPED, key: undefined }],
    ['an empty key id', { ...WRAPPED, key: { keyId: '' } }],
    ['a key id over 1024 characters', { ...WRAPPED, key: { keyId: 'k'.repeat(1025) } }],
    ['a numeric version', { ...WRAPPED, key: { keyId: 'k', version: 1 } }],
    ['an empty version', { ...WRAPPED, key: { keyId: 'k', version: '' } }],
    ['a version with a line break', { ...WRAPPED, key: { keyId: 'k', version: 'v\n1' } }],
    ['another key', { ...WRAPPED, key: { keyId: 'k2' } }],
  ])('is refused when wrapKey gives %s', async (_what, answer) => {
    const wrapKey = () => Promise.resolve(answer as never);
    const { backend } = await openFake(replacing({ wrapKey }));
    await expect(backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL)).rejects.toEqual(
      code('unavailable'),
    );
  });

  it.each([
    ['nothing', undefined, 'unavailable'],
    ['no plaintext', { key: { keyId: 'k' } }, 'unavailable'],
    ['a plaintext that is text', { ...opened(), plaintext: 'x' }, 'unavailable'],
    ['no key', { plaintext: opened().plaintext }, 'unavailable'],
    ['a stale that is no boolean', { ...opened(), stale: 'yes' }, 'unavailable'],
    ['an empty plaintext', { ...opened(), plaintext: new Uint8Array() }, 'invalid-ciphertext'],
    ['an oversized plaintext', { ...opened(), plaintext: new Uint8Array(4097) }, 'invalid-ciphertext'],
    ['another key', { ...opened(), key: { keyId: 'k2' } }, 'invalid-ciphertext'],
  ])('is refused when unwrapKey gives %s', async (_what, answer, expected) => {
    const unwrapKey = () => Promise.resolve(answer as never);
    const { backend } = await openFake(replacing({ unwrapKey }));
    await expect(backend.unwrapKey({ keyId: 'k', wrapped: WRAPPED }, CALL)).rejects.toEqual(code(expected));
  });

  it.each([
    ['without a key', { key: undefined }],
    ['with another key', { key: { keyId: 'k2' } }],
    ['with a faulty member', { stale: 1 }],
    ['of the wrong length', { plaintext: new Uint8Array(5000).fill(7) }],
  ])('has its plaintext zeroed when it is refused: unwrapKey %s', async (_what, fault) => {
    const answer = { ...opened(), ...fault };
    const unwrapKey = () => Promise.resolve(answer as never);
    const { backend } = await openFake(replacing({ unwrapKey }));
    await expect(backend.unwrapKey({ keyId: 'k', wrapped: WRAPPED }, CALL)).rejects.toBeInstanceOf(KmsError);
    expect(isZero(answer.plaintext)).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['an unknown state', { key: { keyId: 'k' }, state: 'fine', alg: 'A', protection: 'hsm' }],
    ['an unknown protection', { key: { keyId: 'k' }, state: 'enabled', alg: 'A', protection: 'safe' }],
    ['no algorithm', { key: { keyId: 'k' }, state: 'enabled', protection: 'hsm' }],
    ['no key', { state: 'enabled', alg: 'A', protection: 'hsm' }],
  ])('is refused when describeKey gives %s', async (_what, answer) => {
    const { backend } = await openFake(replacing({ describeKey: () => Promise.resolve(answer as never) }));
    await expect(backend.describeKey('k', CALL)).rejects.toEqual(code('unavailable'));
  });

  it.each([
    [{ aad: 'some' }],
    [{ maxPlaintextBytes: 0 }],
    [{ maxPlaintextBytes: Infinity }],
    [{ maxAadBytes: -1 }],
    [{ integrity: 'none' }],
    [{ versions: undefined }],
    [{ reportsVersionOnWrap: undefined }],
    [{ versions: 'in-id', reportsVersionOnWrap: false }],
    [{ reportsVersionOnUnwrap: undefined }],
    [{ generateDataKey: 'yes' }],
    [{ generateDataKey: true }],
    [{ rewrap: true }],
  ])('is refused when its capabilities say %j', async (fault) => {
    const { backend, fake } = await openFake({ capabilities: fault as never });
    expect(thrownBy(() => backend.capabilities('k'))).toEqual(code('unavailable'));
    await expect(backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL)).rejects.toEqual(
      code('unavailable'),
    );
    expect(fake.asked('wrapKey')).toBe(0);
  });

  it('loses the members that nobody knows', async () => {
    const wrapKey = () => Promise.resolve({ ...WRAPPED, plaintext: PLAINTEXT });
    const { backend } = await openFake(replacing({ wrapKey }));
    expect(await backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL)).toEqual(WRAPPED);
  });
});

describe('aliases', () => {
  const options: FakeOptions = { aliases: { 'alias/a': 'key-1', 'alias/b': 'key-1' } };

  it('are resolved by the provider once, for the answer of another id', async () => {
    const { backend, fake } = await openFake(options);
    const first = await backend.wrapKey({ keyId: 'alias/a', plaintext: PLAINTEXT }, CALL);
    expect(first.key.keyId).toBe('key-1');
    await backend.unwrapKey({ keyId: 'alias/a', wrapped: first }, CALL);
    await backend.unwrapKey({ keyId: 'alias/a', wrapped: first }, CALL);
    expect(fake.asked('describeKey')).toBe(1);
  });

  it('cost no call for a key that is asked for by its own id', async () => {
    const { backend, fake } = await openFake(options);
    await backend.wrapKey({ keyId: 'key-1', plaintext: PLAINTEXT }, CALL);
    expect(fake.asked('describeKey')).toBe(0);
  });

  it('are resolved once for calls at the same time', async () => {
    const { backend, fake } = await openFake(options);
    const wrap = () => backend.wrapKey({ keyId: 'alias/a', plaintext: PLAINTEXT }, CALL);
    await Promise.all([wrap(), wrap(), wrap()]);
    expect(fake.asked('describeKey')).toBe(1);
  });

  it('are resolved again after five minutes', async () => {
    const { backend, fake, clock } = await openFake(options);
    await backend.wrapKey({ keyId: 'alias/a', plaintext: PLAINTEXT }, CALL);
    clock.time += 5 * 60 * 1000;
    await backend.wrapKey({ keyId: 'alias/a', plaintext: PLAINTEXT }, CALL);
    expect(fake.asked('describeKey')).toBe(2);
  });

  it('may move to another key', async () => {
    const aliases: Record<string, string> = { 'alias/a': 'key-1' };
    const { backend } = await openFake({ aliases });
    const wrap = () => backend.wrapKey({ keyId: 'alias/a', plaintext: PLAINTEXT }, CALL);
    await wrap();
    aliases['alias/a'] = 'key-2';
    expect((await wrap()).key.keyId).toBe('key-2');
  });

  it('do not let a backend answer from the key that the blob names', async () => {
    const trusting: FakeOptions = {
      ...options,
      replace: () => ({
        unwrapKey: ({ wrapped }) =>
          Promise.resolve({ plaintext: Uint8Array.from(PLAINTEXT), key: { keyId: wrapped.key.keyId } }),
      }),
    };
    const { backend } = await openFake(trusting);
    const wrapped = { ...WRAPPED, key: { keyId: 'key-2' } };
    for (const keyId of ['alias/a', 'key-1']) {
      await expect(backend.unwrapKey({ keyId, wrapped }, CALL)).rejects.toEqual(code('invalid-ciphertext'));
    }
  });

  it('that cannot be resolved refuse the answer, and are not remembered', async () => {
    const describeKey = jest.fn(() => Promise.reject(new KmsError('access-denied', 'no', { side: 'proxy' })));
    const { backend } = await openFake({ ...options, replace: () => ({ describeKey }) });
    const wrap = () => backend.wrapKey({ keyId: 'alias/a', plaintext: PLAINTEXT }, CALL);
    await expect(wrap()).rejects.toEqual(code('access-denied'));
    await expect(wrap()).rejects.toEqual(code('access-denied'));
    expect(describeKey).toHaveBeenCalledTimes(2);
  });

  it('are forgotten, the oldest first, beyond a thousand', async () => {
    const names = Array.from({ length: 1001 }, (_, index) => `alias/${index}`);
    const { backend, fake } = await openFake({
      aliases: Object.fromEntries(names.map((name) => [name, 'key-1'])),
    });
    const wrap = (keyId: string) => backend.wrapKey({ keyId, plaintext: PLAINTEXT }, CALL);
    for (const name of names) await wrap(name);
    await wrap('alias/1000');
    expect(fake.asked('describeKey')).toBe(1001);
    await wrap('alias/0');
    expect(fake.asked('describeKey')).toBe(1002);
  });
});

describe('data keys', () => {
  it('come from our own randomness, wrapped, where the backend makes none', async () => {
    const { backend, random } = await openFake();
    const { plaintext, wrapped } = await backend.generateDataKey({ keyId: 'k', bytes: 32, aad: AAD }, CALL);
    expect(plaintext).toBe(random.issued[0]);
    const opened = await backend.unwrapKey({ keyId: 'k', wrapped, aad: AAD }, CALL);
    expect(Buffer.from(opened.plaintext).equals(plaintext)).toBe(true);
  });

  it('of our own are zeroed when they cannot be wrapped', async () => {
    const { backend, random } = await openFake();
    await expect(backend.generateDataKey({ keyId: 'missing', bytes: 32 }, CALL)).rejects.toEqual(
      code('not-found'),
    );
    expect(isZero(random.issued[0]!)).toBe(true);
  });

  const native = (answer: unknown): FakeOptions => ({
    capabilities: { generateDataKey: true },
    replace: () => ({ generateDataKey: () => Promise.resolve(answer as never) }),
  });

  it('come from the backend where it makes them', async () => {
    const answer = { ...opened(), wrapped: WRAPPED };
    const { backend, random } = await openFake(native(answer));
    expect(await backend.generateDataKey({ keyId: 'k', bytes: 32 }, CALL)).toEqual(answer);
    expect(random.issued).toEqual([]);
  });

  it.each([
    ['another length', { plaintext: new Uint8Array(16).fill(1) }],
    ['zeros', { plaintext: new Uint8Array(32) }],
    ['no wrapped key', { wrapped: undefined }],
    ['a wrapped key of another key', { wrapped: { ...WRAPPED, key: { keyId: 'k2' } } }],
    ['another key', { key: { keyId: 'k2' }, wrapped: { ...WRAPPED, key: { keyId: 'k2' } } }],
  ])('of the backend are refused and zeroed when they have %s', async (_what, fault) => {
    const answer = { ...opened(), wrapped: WRAPPED, ...fault };
    const { backend } = await openFake(native(answer));
    const result = backend.generateDataKey({ keyId: 'k', bytes: 32 }, CALL);
    await expect(result).rejects.toEqual(code('unavailable'));
    expect(isZero(answer.plaintext)).toBe(true);
  });
});

describe('deadlines', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each(['wrapKey', 'unwrapKey', 'describeKey'] as const)(
    'end %s on a backend that hangs and ignores its signal',
    async (method) => {
      const { backend, events } = await openFake(replacing({ [method]: () => never() }), {
        callTimeoutMs: 500,
      });
      const calls = {
        wrapKey: () => backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL),
        unwrapKey: () => backend.unwrapKey({ keyId: 'k', wrapped: WRAPPED }, CALL),
        describeKey: () => backend.describeKey('k', CALL),
      };
      const result = calls[method]();
      jest.advanceTimersByTime(500);
      await expect(result).rejects.toEqual(code('unavailable'));
      expect(events.at(-1)).toMatchObject({ operation: method, code: 'unavailable' });
    },
  );

  it('zero the plaintext of an answer that comes late', async () => {
    const late = deferred<ReturnType<typeof opened>>();
    const { backend } = await openFake(replacing({ unwrapKey: () => late.promise }), { callTimeoutMs: 500 });
    const result = backend.unwrapKey({ keyId: 'k', wrapped: WRAPPED }, CALL);
    jest.advanceTimersByTime(500);
    await expect(result).rejects.toEqual(code('unavailable'));
    const plaintext = Uint8Array.from(PLAINTEXT);
    late.resolve({ ...opened(), plaintext });
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(isZero(plaintext)).toBe(true);
  });

  it('zero the plaintext when the alias is not resolved in time', async () => {
    const plaintext = Uint8Array.from(PLAINTEXT);
    const answer = { plaintext, key: { keyId: 'key-1' } };
    const late = deferred<never>();
    const methods = { unwrapKey: () => Promise.resolve(answer), describeKey: () => late.promise };
    const { backend } = await openFake(replacing(methods), { callTimeoutMs: 500 });
    const result = backend.unwrapKey({ keyId: 'alias/a', wrapped: WRAPPED }, CALL);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    jest.advanceTimersByTime(500);
    await expect(result).rejects.toEqual(code('unavailable'));
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(isZero(plaintext)).toBe(true);
  });
});

describe('health', () => {
  it('is what the backend says', async () => {
    const { backend } = await openFake();
    expect(await backend.health(CALL)).toEqual({ status: 'up', latencyMs: 1, checkedAt: 1_700_000_000_000 });
  });

  it.each([
    ['an unknown status', { status: 'fine', latencyMs: 1, checkedAt: 1 }],
    ['no latency', { status: 'up', checkedAt: 1 }],
    ['no time', { status: 'up', latencyMs: 1, checkedAt: NaN }],
    ['a detail of its own', { status: 'degraded', latencyMs: 1, checkedAt: 1, detail: 'slow-disk' }],
    ['nothing', undefined],
  ])('is down when the backend answers %s', async (_what, answer) => {
    const { backend } = await openFake(replacing({ health: () => Promise.resolve(answer as never) }));
    expect(await backend.health(CALL)).toMatchObject({ status: 'down', detail: 'unavailable' });
  });

  it('is down with the code of a failure', async () => {
    const health = () => Promise.reject(new KmsError('access-denied', 'no'));
    const { backend } = await openFake(replacing({ health }));
    expect(await backend.health(CALL)).toMatchObject({ status: 'down', detail: 'access-denied' });
  });
});

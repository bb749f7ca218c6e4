import { jest } from '@jest/globals';
import { KmsError, type KmsBackend, type KmsPlugin } from 'kkp-plugin-kit';
import { CALL_LIMITS } from '../../../src/backends/index.js';
import { fakePlugin } from './fake-backend.js';
import { CALL, deferred, makeRegistry, never, openFake, thrownBy } from './setup.js';

const withMethods = (name: string, methods: Partial<KmsBackend>) =>
  fakePlugin(name, { replace: () => methods });
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

describe('a registry that is made', () => {
  it.each<[string, KmsPlugin[], RegExp]>([
    ['no plugins', [], /at least one/],
    ['two of one name', [fakePlugin('eu'), fakePlugin('eu')], /"eu".*the name is taken/],
    ['a name in capitals', [fakePlugin('EU')], /"EU".*a-z, 0-9/],
    ['a name with a slash', [fakePlugin('a/b')], /"a\/b".*a-z, 0-9/],
    ['an empty name', [fakePlugin('')], /1 to 63/],
    ['a name over 63 characters', [fakePlugin('a'.repeat(64))], /1 to 63/],
    ['a plugin of another API', [{ ...fakePlugin('eu'), apiVersion: 2 as 1 }], /API 2.*takes API 1/],
    ['a backend without a method', [withMethods('eu', { close: undefined as never })], /"eu".*lacks close/],
  ])('refuses %s, saying so', (_what, plugins, message) => {
    expect(() => makeRegistry(plugins)).toThrow(message);
  });

  it('names the plugin whose create throws, and keeps the cause', () => {
    const cause = new Error('bad region');
    const create = () => {
      throw cause;
    };
    const make = () => makeRegistry([fakePlugin('a'), { ...fakePlugin('b'), create }]);
    expect(make).toThrow('Backend "b" could not be created: bad region');
    expect(thrownBy(make)).toMatchObject({ cause });
  });

  it('opens nothing', () => {
    const plugin = fakePlugin('eu');
    makeRegistry([plugin]);
    expect(plugin.created[0]!.calls).toEqual([]);
  });

  it('lends a log that says whose line it is', () => {
    const plugin = fakePlugin('eu');
    const { logged } = makeRegistry([plugin]);
    plugin.created[0]!.host.log('warn', 'slow', { backend: 'forged', ms: 5 });
    expect(logged).toEqual([{ level: 'warn', message: 'slow', fields: { backend: 'eu', ms: 5 } }]);
  });

  it('hands out backends before it is open, and their calls fail', async () => {
    const { registry } = makeRegistry([fakePlugin('eu')]);
    await expect(registry.get('eu').describeKey('k', CALL)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('names its backends in the order of the configuration', () => {
    expect(makeRegistry([fakePlugin('b'), fakePlugin('a')]).registry.names()).toEqual(['b', 'a']);
  });

  it.each(['nobody', '__proto__', 'constructor', 'EU', ''])(
    'has no backend %j, and does not echo it',
    (name) => {
      const { registry } = makeRegistry([fakePlugin('eu')]);
      const detail = 'No backend of that name is configured.';
      expect(thrownBy(() => registry.get(name))).toMatchObject({ code: 'kms_error', detail });
    },
  );
});

describe('opening', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('opens all at the same time', async () => {
    const first = deferred<undefined>();
    const second = fakePlugin('b');
    const { registry } = makeRegistry([withMethods('a', { open: () => first.promise }), second]);
    const opening = registry.open();
    expect(second.created[0]!.asked('open')).toBe(1);
    first.resolve(undefined);
    await opening;
    await expect(registry.get('a').describeKey('k', CALL)).resolves.toBeDefined();
  });

  it('stops and closes all when one fails, and says which', async () => {
    let signal: AbortSignal | undefined;
    const hangs = withMethods('a', {
      open: (call) => {
        signal = call.signal;
        return never();
      },
    });
    const fails = withMethods('b', { open: () => Promise.reject(new Error('no network')) });
    const fine = fakePlugin('c');
    const { registry } = makeRegistry([hangs, fails, fine]);
    await expect(registry.open()).rejects.toThrow('Backend "b" did not open: no network');
    expect(signal?.aborted).toBe(true);
    expect([hangs, fails, fine].map(({ created }) => created[0]!.closed)).toEqual([1, 1, 1]);
    await expect(registry.get('c').describeKey('k', CALL)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('gives up on a backend that does not open in time', async () => {
    const hangs = withMethods('a', { open: () => never() });
    const { registry } = makeRegistry([hangs], { openTimeoutMs: 2000 });
    const opening = registry.open();
    jest.advanceTimersByTime(2000);
    await expect(opening).rejects.toThrow('Backend "a" did not open: No answer within 2000 ms.');
    expect(hangs.created[0]!.closed).toBe(1);
  });

  it('closes a backend again that opens after it was given up', async () => {
    const late = deferred<undefined>();
    const slow = withMethods('a', { open: () => late.promise });
    const { registry } = makeRegistry([slow], { openTimeoutMs: 2000 });
    const opening = registry.open();
    jest.advanceTimersByTime(2000);
    await expect(opening).rejects.toThrow('did not open');
    late.resolve(undefined);
    await turns();
    expect(slow.created[0]!.closed).toBe(2);
  });

  it('reports the failure to open even when closing fails as well', async () => {
    const broken = withMethods('a', {
      open: () => Promise.reject(new Error('first')),
      close: () => Promise.reject(new Error('second')),
    });
    const { registry, logged } = makeRegistry([broken]);
    await expect(registry.open()).rejects.toThrow('first');
    expect(logged).toEqual([
      { level: 'error', message: 'A backend did not close.', fields: { backend: 'a', error: 'second' } },
    ]);
  });
});

describe('closing', () => {
  it('closes each backend once, however often it is asked', async () => {
    const { registry, fake } = await openFake();
    await Promise.all([registry.close(), registry.close()]);
    await registry.close();
    expect(fake.closed).toBe(1);
  });

  it('closes the others when one fails, hangs or throws, and does not reject', async () => {
    jest.useFakeTimers();
    const throws = withMethods('b', {
      close: () => {
        throw new Error('boom');
      },
    });
    const plugins = [
      withMethods('a', { close: () => Promise.reject(new Error('stuck')) }),
      throws,
      withMethods('c', { close: () => never() }),
      fakePlugin('d'),
    ];
    const { registry, logged } = makeRegistry(plugins, { callTimeoutMs: 100 });
    await registry.open();
    const closing = registry.close();
    await turns();
    jest.advanceTimersByTime(100);
    await closing;
    jest.useRealTimers();
    expect(plugins[3]!.created[0]!.closed).toBe(1);
    const named = logged.map(({ fields }) => (fields as { backend: string }).backend);
    expect(named.sort()).toEqual(['a', 'b', 'c']);
  });

  it('is possible before anything was opened', async () => {
    const plugin = fakePlugin('eu');
    await makeRegistry([plugin]).registry.close();
    expect(plugin.created[0]!.closed).toBe(1);
  });
});

describe('health of all backends', () => {
  it('is asked for once in ten seconds, and once for all who ask together', async () => {
    const { registry, fake, clock } = await openFake();
    await Promise.all([registry.health(), registry.health()]);
    clock.time += 9_999;
    await registry.health();
    expect(fake.asked('health')).toBe(1);
    clock.time += 1;
    await registry.health();
    expect(fake.asked('health')).toBe(2);
  });

  it('is given out at once, as it was, while a backend that hangs is probed again', async () => {
    const answers = [true, false, false];
    const hangs = withMethods('b', {
      health: () =>
        answers.shift() ? Promise.resolve({ status: 'up', latencyMs: 1, checkedAt: 1 }) : never(),
    });
    const { registry, clock } = makeRegistry([fakePlugin('a'), hangs]);
    await registry.open();
    jest.useFakeTimers();
    await registry.health();
    clock.time += 29_999;
    const started = clock.now();
    expect(await registry.health()).toMatchObject({ a: { status: 'up' }, b: { status: 'up' } });
    expect(clock.now()).toBe(started);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(await registry.health()).toMatchObject({ a: { status: 'up' }, b: { status: 'down' } });
    jest.useRealTimers();
  });

  it('is waited for when the last answer is thirty seconds old', async () => {
    const { registry, fake, clock } = await openFake();
    await registry.health();
    jest.spyOn(fake, 'health').mockRejectedValue(new KmsError('unavailable', 'down'));
    clock.time += 30_000;
    expect(await registry.health()).toMatchObject({ eu: { status: 'down' } });
  });

  it('is asked for anew when somebody sets the clock back', async () => {
    const { registry, fake, clock } = await openFake();
    await registry.health();
    jest.spyOn(fake, 'health').mockRejectedValue(new KmsError('unavailable', 'down'));
    clock.time -= 3_600_000;
    expect(await registry.health()).toMatchObject({ eu: { status: 'down' } });
  });

  it('tells each backend apart', async () => {
    const bad = withMethods('b', { health: () => Promise.reject(new Error('down')) });
    const { registry } = makeRegistry([fakePlugin('a'), bad]);
    await registry.open();
    expect(await registry.health()).toMatchObject({ a: { status: 'up' }, b: { status: 'down' } });
  });

  it('is down before the registry is open', async () => {
    const { registry } = makeRegistry([fakePlugin('a')]);
    expect(await registry.health()).toMatchObject({ a: { status: 'down', detail: 'unavailable' } });
    await registry.open();
    expect(await registry.health()).toMatchObject({ a: { status: 'up' } });
  });

  it('is down after it was closed, whatever was cached', async () => {
    const { registry } = await openFake();
    await registry.health();
    await registry.close();
    expect(await registry.health()).toMatchObject({ eu: { status: 'down', detail: 'unavailable' } });
  });
});

describe('health of a backend whose circuit breaker is not closed', () => {
  const openBreaker = async (health?: KmsBackend['health']) => {
    const wrapKey = jest.fn(() => Promise.reject(new KmsError('unavailable', 'down')));
    const bad = withMethods('b', { wrapKey, ...(health && { health }) });
    const made = makeRegistry([fakePlugin('a'), bad], { breakerFailures: 1, breakerOpenMs: 20_000 });
    await made.registry.open();
    expect(await made.registry.health()).toMatchObject({ a: { status: 'up' } });
    const wrap = () => made.registry.get('b').wrapKey({ keyId: 'k', plaintext: Uint8Array.of(1) }, CALL);
    await expect(wrap()).rejects.toMatchObject({ code: 'unavailable' });
    return { ...made, wrapKey, wrap };
  };

  it('is down at once, whatever its probe said, and the others are up', async () => {
    const { registry } = await openBreaker();
    expect(await registry.health()).toMatchObject({
      a: { status: 'up' },
      b: { status: 'down', detail: 'unavailable' },
    });
  });

  it('is degraded, not down, when it may be tried again: else no request would come that tries it', async () => {
    const { registry, clock } = await openBreaker();
    clock.time += 20_000;
    expect(await registry.health()).toMatchObject({ b: { status: 'degraded', detail: 'unavailable' } });
  });

  it('is still down then when its probe fails', async () => {
    const { registry, clock } = await openBreaker(() => Promise.reject(new KmsError('access-denied', 'no')));
    clock.time += 20_000;
    expect(await registry.health()).toMatchObject({ b: { status: 'down', detail: 'access-denied' } });
  });

  it('is up at once when a call was answered', async () => {
    const { registry, clock, wrapKey, wrap } = await openBreaker();
    clock.time += 20_000;
    await registry.health();
    wrapKey.mockResolvedValue({ blob: Uint8Array.of(1), alg: 'A', key: { keyId: 'k' } } as never);
    await wrap();
    expect(await registry.health()).toMatchObject({ b: { status: 'up' } });
  });
});

describe('limits of calls', () => {
  it.each([
    ['callTimeoutMs', 0],
    ['concurrency', 0],
    ['concurrency', NaN],
    ['concurrency', Infinity],
    ['queue', -1],
    ['queue', 0.5],
    ['retries', 11],
    ['retryPercent', 4],
    ['retryPercent', 101],
    ['breakerFailures', 0],
    ['breakerOpenMs', NaN],
  ])('refuse %s of %d, and say what is allowed', (name, value) => {
    expect(() => makeRegistry([fakePlugin('eu')], { [name]: value })).toThrow(
      new RegExp(`kms\\.${name}: out of bounds\\. Allowed: a whole number of \\w+ from \\d+ to \\d+`),
    );
  });

  it('are told all at once', () => {
    const make = () => makeRegistry([fakePlugin('eu')], { concurrency: 0, queue: -1 });
    expect(thrownBy(make)).toMatchObject({
      name: 'ConfigError',
      faults: [expect.stringContaining('concurrency'), expect.stringContaining('queue')],
    });
  });

  it('have defaults', () => {
    const defaults = Object.entries(CALL_LIMITS).map(([name, { fallback }]) => [name, fallback]);
    expect(Object.fromEntries(defaults)).toEqual({
      callTimeoutMs: 10_000,
      concurrency: 64,
      queue: 256,
      retries: 2,
      retryPercent: 10,
      breakerFailures: 5,
      breakerOpenMs: 5_000,
    });
  });
});

import { jest } from '@jest/globals';
import { KmsError, type Call, type KmsBackend } from 'kkp-plugin-kit';
import type { RegistryOptions } from '../../../src/backends/index.js';
import { pass } from './calls/traces.js';
import { fakePlugin } from './fake-backend.js';
import { CALL, deferred, makeRegistry, never } from './setup.js';

const PLAINTEXT = new Uint8Array(32).fill(7);
const WRAPPED = { blob: Uint8Array.of(1), alg: 'A', key: { keyId: 'k' } };
const down = () => Promise.reject(new KmsError('unavailable', 'down'));
const busy = () => Promise.reject(new KmsError('throttled', 'busy'));
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

/** An open backend "eu" whose wrapKey is `wrapKey`, and a healthy neighbour "us". */
async function open(wrapKey: KmsBackend['wrapKey'], options: RegistryOptions = {}) {
  const wrap = jest.fn(wrapKey);
  const plugins = [fakePlugin('eu', { replace: () => ({ wrapKey: wrap }) }), fakePlugin('us')];
  const made = makeRegistry(plugins, { callTimeoutMs: 1_000, ...options });
  await made.registry.open();
  const [eu, us] = [made.registry.get('eu'), made.registry.get('us')];
  const call = (signal?: AbortSignal) =>
    eu.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, { requestId: 'r', ...(signal && { signal }) });
  const neighbour = () => us.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL);
  return { ...made, eu, wrap, call, neighbour, fakes: plugins.map(({ created }) => created[0]!) };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('a call that is retried', () => {
  it('is sent the same plaintext again, whatever the backend did to its copy', async () => {
    const seen: Uint8Array[] = [];
    const kept: Uint8Array[] = [];
    const spoil: KmsBackend['wrapKey'] = ({ plaintext }) => {
      seen.push(Uint8Array.from(plaintext));
      kept.push(plaintext);
      plaintext.fill(9);
      return kept.length === 1 ? down() : Promise.resolve(WRAPPED);
    };
    const { call, clock } = await open(spoil, { retries: 1 });
    const result = call();
    await pass(clock, 100);
    await expect(result).resolves.toEqual(WRAPPED);
    expect(seen).toEqual([PLAINTEXT, PLAINTEXT]);
    expect(kept.map(isZero)).toEqual([true, true]);
  });

  it('has one signal and one deadline for all its attempts', async () => {
    const calls: Call[] = [];
    const { call, clock } = await open((_request, given) => (calls.push(given), down()), { retries: 2 });
    const result = call();
    result.catch(() => undefined);
    for (let step = 0; step < 10; step++) await pass(clock, 50);
    await expect(result).rejects.toMatchObject({ code: 'unavailable' });
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ signal }) => signal)).size).toBe(1);
    expect(new Set(calls.map(({ deadline }) => deadline)).size).toBe(1);
  });

  it('does not outlive its deadline when its last attempt hangs', async () => {
    const { call, clock, wrap } = await open(() => (wrap.mock.calls.length > 1 ? never() : down()), {
      retries: 1,
    });
    const result = call();
    result.catch(() => undefined);
    for (let step = 0; step < 10; step++) await pass(clock, 100);
    await expect(result).rejects.toMatchObject({ message: 'No answer within 1000 ms.' });
    expect(wrap).toHaveBeenCalledTimes(2);
  });

  it('is as many events as attempts', async () => {
    const { call, clock, events } = await open(busy, { retries: 1 });
    const result = call();
    result.catch(() => undefined);
    await pass(clock, 200);
    await expect(result).rejects.toMatchObject({ code: 'throttled' });
    expect(events.map(({ operation, code }) => [operation, code])).toEqual([
      ['wrapKey', 'throttled'],
      ['wrapKey', 'throttled'],
    ]);
  });

  it('adds at most a tenth to a hundred calls under a fault', async () => {
    const { call, clock, wrap } = await open(busy, { retries: 2 });
    for (let count = 0; count < 100; count++) {
      call().catch(() => undefined);
      await pass(clock, 20);
    }
    await pass(clock, 1_000);
    expect(wrap.mock.calls.length).toBeGreaterThan(105);
    expect(wrap.mock.calls.length).toBeLessThanOrEqual(110);
  });

  it('is retried for each operation that repeats safely', async () => {
    const failsOnce = <T>(answer: T) => {
      let asked = 0;
      return () => (asked++ === 0 ? down() : Promise.resolve(answer));
    };
    const opened = () => ({ plaintext: Uint8Array.from(PLAINTEXT), key: { keyId: 'k' } });
    const description = { key: { keyId: 'k' }, state: 'enabled', alg: 'A', protection: 'hsm' } as const;
    const methods: Partial<KmsBackend> = {
      unwrapKey: failsOnce(opened()),
      describeKey: failsOnce(description),
      generateDataKey: failsOnce({ ...opened(), wrapped: WRAPPED }),
      rewrap: failsOnce(WRAPPED),
    };
    const capabilities = { generateDataKey: true, rewrap: 'full' } as const;
    const plugin = fakePlugin('eu', { capabilities, replace: () => methods });
    const { registry, clock } = makeRegistry([plugin], { retries: 1, retryPercent: 100 });
    await registry.open();
    const eu = registry.get('eu');
    const results = Promise.all([
      eu.unwrapKey({ keyId: 'k', wrapped: WRAPPED }, CALL),
      eu.describeKey('k', CALL),
      eu.generateDataKey({ keyId: 'k', bytes: 32 }, CALL),
      eu.rewrap({ keyId: 'k', wrapped: WRAPPED, toKeyId: 'k' }, CALL),
    ]);
    await pass(clock, 100);
    await expect(results).resolves.toHaveLength(4);
  });
});

describe('a health probe', () => {
  it('is not retried, waits for no place, and proves nothing to the breaker', async () => {
    const { eu, call, fakes, clock } = await open(() => never(), {
      concurrency: 1,
      queue: 0,
      retries: 2,
      breakerFailures: 1,
    });
    const health = jest.spyOn(fakes[0]!, 'health').mockImplementation(down);
    call().catch(() => undefined);
    expect(await eu.health(CALL)).toMatchObject({ status: 'down' });
    expect(health).toHaveBeenCalledTimes(1);
    expect(eu.status.breaker).toBe('closed');
    await pass(clock, 1_000);
    health.mockRestore();
    expect(await eu.health(CALL)).toMatchObject({ status: 'up' });
    expect(eu.status.breaker).toBe('open');
  });

  it('waits two seconds at most, however long a call may take', async () => {
    const { eu, fakes, clock } = await open(() => never(), { callTimeoutMs: 60_000 });
    jest.spyOn(fakes[0]!, 'health').mockImplementation(() => never());
    const health = eu.health(CALL);
    await pass(clock, 2_000);
    expect(await health).toMatchObject({ status: 'down', latencyMs: 2_000 });
  });
});

describe('a key service that is out', () => {
  it('is not called any more after five outages in a row, and its callers are told when to come back', async () => {
    const { call, wrap } = await open(down);
    for (let count = 0; count < 5; count++) await call().catch(() => undefined);
    await expect(call()).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 5_000 });
    expect(wrap).toHaveBeenCalledTimes(5);
  });

  it('is tried by one call after its time, and used again when that is answered', async () => {
    const answer = deferred<typeof WRAPPED>();
    const { call, wrap, clock } = await open(() => (wrap.mock.calls.length > 5 ? answer.promise : down()));
    for (let count = 0; count < 5; count++) await call().catch(() => undefined);
    clock.time += 5_000;
    const probe = call();
    await expect(call()).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 5_000 });
    answer.resolve(WRAPPED);
    await expect(probe).resolves.toEqual(WRAPPED);
    await expect(call()).resolves.toEqual(WRAPPED);
    expect(wrap).toHaveBeenCalledTimes(7);
  });

  it.each([
    ['busy', new KmsError('throttled', 'busy')],
    ['refuses its caller', new KmsError('not-found', 'no')],
    ['refuses KKP', new KmsError('access-denied', 'no', { side: 'proxy' })],
  ])('is not one that is %s', async (_what, error) => {
    const { call, wrap } = await open(() => Promise.reject(error));
    for (let count = 0; count < 20; count++) await call().catch(() => undefined);
    expect(wrap).toHaveBeenCalledTimes(20);
  });

  it('is not one whose callers hang up', async () => {
    const { call, eu } = await open(() => never(), { breakerFailures: 1 });
    const caller = new AbortController();
    const result = call(caller.signal);
    caller.abort();
    await expect(result).rejects.toMatchObject({ side: 'caller' });
    expect(eu.status).toEqual({ breaker: 'closed', inFlight: 0, queued: 0 });
  });

  it('is one that lets calls time out', async () => {
    const { call, eu, clock } = await open(() => never(), { breakerFailures: 1 });
    const result = call();
    result.catch(() => undefined);
    await pass(clock, 1_000);
    await expect(result).rejects.toMatchObject({ code: 'unavailable' });
    expect(eu.status.breaker).toBe('open');
  });

  it('is not one that had less than half of the time, behind others', async () => {
    const first = deferred<typeof WRAPPED>();
    const { call, eu, clock, wrap } = await open(
      () => (wrap.mock.calls.length > 1 ? never() : first.promise),
      { breakerFailures: 1, concurrency: 1 },
    );
    const results = [call(), call()];
    results[1]!.catch(() => undefined);
    await pass(clock, 600);
    first.resolve(WRAPPED);
    await results[0];
    await pass(clock, 400);
    await expect(results[1]).rejects.toMatchObject({ code: 'unavailable' });
    expect(wrap).toHaveBeenCalledTimes(2);
    expect(eu.status.breaker).toBe('closed');
  });

  it('is one that says so, however little time it had', async () => {
    const first = deferred<typeof WRAPPED>();
    const { call, eu, clock, wrap } = await open(
      () => (wrap.mock.calls.length > 1 ? down() : first.promise),
      { breakerFailures: 1, concurrency: 1 },
    );
    const results = [call(), call()];
    results[1]!.catch(() => undefined);
    await pass(clock, 600);
    first.resolve(WRAPPED);
    await expect(results[1]).rejects.toMatchObject({ message: 'down' });
    expect(eu.status.breaker).toBe('open');
  });

  it('keeps nobody in the queue behind the one call that tries it', async () => {
    const { call, eu, clock, wrap } = await open(() => (wrap.mock.calls.length === 1 ? down() : never()), {
      breakerFailures: 1,
      breakerOpenMs: 100,
      concurrency: 1,
    });
    await call().catch(() => undefined);
    await pass(clock, 100);
    call().catch(() => undefined);
    await expect(call()).rejects.toMatchObject({ code: 'unavailable', reason: 'breaker-open' });
    expect(eu.status).toEqual({ breaker: 'half-open', inFlight: 1, queued: 0 });
  });

  it('lets those who wait for a place go the moment that it is known', async () => {
    const { call, clock, wrap } = await open(() => never(), { breakerFailures: 1, concurrency: 2 });
    call().catch(() => undefined);
    await pass(clock, 500);
    call().catch(() => undefined);
    const waiting = Promise.allSettled([call(), call(), call()]);
    await pass(clock, 500);
    const refused = { status: 'rejected', reason: { code: 'unavailable', retryAfterMs: 5_000 } };
    expect(await waiting).toMatchObject([refused, refused, refused]);
    expect(wrap).toHaveBeenCalledTimes(2);
  });
});

describe('a backend with as many calls as it may have', () => {
  const hanging = () => open(() => never(), { concurrency: 2, queue: 2, callTimeoutMs: 1_000 });

  it('is sent no more, queues some, and refuses the rest as busy', async () => {
    const { call, wrap, eu } = await hanging();
    for (let count = 0; count < 4; count++) call().catch(() => undefined);
    await expect(call()).rejects.toMatchObject({ code: 'throttled', side: 'proxy' });
    expect(wrap).toHaveBeenCalledTimes(2);
    expect(eu.status).toMatchObject({ inFlight: 2, queued: 2 });
  });

  it('has all its places again when the time of the calls has passed, though it still hangs', async () => {
    const { call, clock, eu } = await hanging();
    for (let count = 0; count < 4; count++) call().catch(() => undefined);
    await pass(clock, 1_000);
    expect(eu.status).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('answers a call whose time passed in the queue as busy', async () => {
    const { call, clock } = await hanging();
    const results = [call(), call(), call()];
    const settled = Promise.allSettled(results);
    await pass(clock, 1_000);
    expect((await settled)[2]).toMatchObject({ reason: { code: 'throttled', side: 'proxy' } });
  });

  it('resolves an alias with no place to spare', async () => {
    const plugin = fakePlugin('eu', { aliases: { 'alias/a': 'key-1' } });
    const { registry } = makeRegistry([plugin], { concurrency: 1, queue: 8 });
    await registry.open();
    const wrap = () => registry.get('eu').wrapKey({ keyId: 'alias/a', plaintext: PLAINTEXT }, CALL);
    await expect(Promise.all([wrap(), wrap(), wrap()])).resolves.toHaveLength(3);
  });
});

describe('a backend that hangs', () => {
  it('keeps no other from answering, not even while all its places and its queue are taken', async () => {
    const { call, neighbour, clock, events } = await open(() => never(), { concurrency: 8, queue: 8 });
    const stuck = Array.from({ length: 40 }, () => call().catch((error: unknown) => error));
    const started = clock.now();
    for (let count = 0; count < 40; count++) await expect(neighbour()).resolves.toBeDefined();
    expect(clock.now()).toBe(started);
    expect(events.filter(({ backend }) => backend === 'us')).toHaveLength(40);
    await pass(clock, 1_000);
    expect(await Promise.all(stuck)).toHaveLength(40);
  });

  it('takes neither the retries nor the breaker of another', async () => {
    const { call, fakes, registry, neighbour, clock } = await open(down, { retries: 2 });
    for (let count = 0; count < 20; count++) {
      call().catch(() => undefined);
      await pass(clock, 200);
    }
    expect(registry.status()).toMatchObject({ eu: { breaker: 'open' }, us: { breaker: 'closed' } });
    jest.spyOn(fakes[1]!, 'wrapKey').mockImplementationOnce(down);
    const retried = neighbour();
    await pass(clock, 200);
    await expect(retried).resolves.toBeDefined();
  });
});

describe('what is observed', () => {
  it('are retries, refusals and look-ups, each once', async () => {
    const seen: unknown[] = [];
    const plugin = fakePlugin('eu', { replace: () => ({ wrapKey: down }) });
    const { observer, registry, clock } = makeRegistry([plugin], {
      retries: 1,
      breakerFailures: 2,
      retryPercent: 5,
    });
    observer.onRetry = (event) => seen.push(event);
    observer.onRefused = (event) => seen.push(event);
    observer.onDescribe = (event) => seen.push(event);
    await registry.open();
    const wrap = () => registry.get('eu').wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL);
    const first = wrap().catch(() => undefined);
    await pass(clock, 100);
    await first;
    await wrap().catch(() => undefined);
    await registry
      .get('eu')
      .describeKey('k', CALL)
      .catch(() => undefined);
    clock.time += 5_000;
    await registry.get('eu').describeKey('k', CALL);
    await registry.get('eu').describeKey('k', CALL);
    expect(seen).toEqual([
      { backend: 'eu', outcome: 'made' },
      { backend: 'eu', reason: 'breaker-open' },
      { backend: 'eu', reason: 'breaker-open' },
      { backend: 'eu', result: 'miss' },
      { backend: 'eu', result: 'miss' },
      { backend: 'eu', result: 'hit' },
    ]);
  });
});

import { jest } from '@jest/globals';
import { KmsError, type KeyDescription, type KmsBackend } from 'kkp-plugin-kit';
import { fakePlugin } from './fake-backend.js';
import { CALL, deferred, makeRegistry } from './setup.js';

const MINUTE = 60_000;
const described = (state: KeyDescription['state'] = 'enabled'): KeyDescription => ({
  key: { keyId: 'k' },
  state,
  alg: 'A',
  protection: 'hsm',
});

async function describing(describeKey: KmsBackend['describeKey'] = () => Promise.resolve(described())) {
  const describe = jest.fn(describeKey);
  const made = makeRegistry([fakePlugin('eu', { replace: () => ({ describeKey: describe }) })]);
  const lookUps: string[] = [];
  made.observer.onDescribe = ({ result }) => lookUps.push(result);
  await made.registry.open();
  return { ...made, describe, backend: made.registry.get('eu'), lookUps };
}

describe('the description of a key', () => {
  it('serves for five minutes', async () => {
    const { backend, describe, clock, lookUps } = await describing();
    await backend.describeKey('k', CALL);
    clock.time += 5 * MINUTE - 1;
    expect(await backend.describeKey('k', CALL)).toEqual(described());
    expect(describe).toHaveBeenCalledTimes(1);
    clock.time += 1;
    await backend.describeKey('k', CALL);
    expect(describe).toHaveBeenCalledTimes(2);
    expect(lookUps).toEqual(['miss', 'hit', 'miss']);
  });

  it.each([
    [0, 0, 2],
    [5_000, 4_999, 1],
    [5_000, 5_000, 2],
    [10 * MINUTE, 5 * MINUTE, 2],
  ])('is at most as old as asked for: %d ms, after %d ms', async (maxAgeMs, after, asked) => {
    const { backend, describe, clock } = await describing();
    await backend.describeKey('k', CALL);
    clock.time += after;
    await backend.describeKey('k', CALL, { maxAgeMs });
    expect(describe).toHaveBeenCalledTimes(asked);
  });

  it('is as old as the question, not as the answer', async () => {
    const late = deferred<KeyDescription>();
    const { backend, describe, clock } = await describing(() => late.promise);
    const result = backend.describeKey('k', CALL);
    clock.time += 6_000;
    late.resolve(described());
    await result;
    await backend.describeKey('k', CALL, { maxAgeMs: 5_000 });
    expect(describe).toHaveBeenCalledTimes(2);
  });

  it('that was asked for anew serves all from then on', async () => {
    const states: KeyDescription['state'][] = ['enabled', 'disabled'];
    const { backend } = await describing(() => Promise.resolve(described(states.shift())));
    await backend.describeKey('k', CALL);
    await backend.describeKey('k', CALL, { maxAgeMs: 0 });
    expect(await backend.describeKey('k', CALL)).toMatchObject({ state: 'disabled' });
  });

  it('is asked for once for all who want it at the same time', async () => {
    const { backend, describe, lookUps } = await describing();
    await Promise.all(Array.from({ length: 20 }, () => backend.describeKey('k', CALL)));
    expect(describe).toHaveBeenCalledTimes(1);
    expect(lookUps.filter((result) => result === 'miss')).toHaveLength(1);
  });

  it('is not shared with one who wants it newer than a question under way', async () => {
    const answers = [deferred<KeyDescription>(), deferred<KeyDescription>()];
    const { backend, describe, clock } = await describing(
      () => answers[describe.mock.calls.length - 1]!.promise,
    );
    const first = backend.describeKey('k', CALL);
    clock.time += 1;
    const second = backend.describeKey('k', CALL, { maxAgeMs: 0 });
    answers[1]!.resolve(described('disabled'));
    expect(await second).toMatchObject({ state: 'disabled' });
    answers[0]!.resolve(described());
    expect(await first).toMatchObject({ state: 'enabled' });
    expect(describe).toHaveBeenCalledTimes(2);
  });

  it('is not replaced by the late answer to an older question', async () => {
    const answers = [deferred<KeyDescription>(), deferred<KeyDescription>()];
    const { backend, describe, clock } = await describing(
      () => answers[describe.mock.calls.length - 1]!.promise,
    );
    const older = backend.describeKey('k', CALL);
    clock.time += 1;
    const newer = backend.describeKey('k', CALL, { maxAgeMs: 0 });
    answers[1]!.resolve(described('disabled'));
    await newer;
    answers[0]!.resolve(described());
    await older;
    expect(await backend.describeKey('k', CALL)).toMatchObject({ state: 'disabled' });
    expect(describe).toHaveBeenCalledTimes(2);
  });

  it('is asked for anew when somebody sets the clock back', async () => {
    const { backend, describe, clock } = await describing();
    await backend.describeKey('k', CALL);
    clock.time -= 1;
    await backend.describeKey('k', CALL);
    expect(describe).toHaveBeenCalledTimes(2);
    await backend.describeKey('k', CALL);
    expect(describe).toHaveBeenCalledTimes(2);
  });

  it('comes to the others when the one who asked first has gone', async () => {
    const late = deferred<KeyDescription>();
    const { backend, describe } = await describing(() => late.promise);
    const caller = new AbortController();
    const first = backend.describeKey('k', { requestId: 'first', signal: caller.signal });
    const second = backend.describeKey('k', CALL);
    caller.abort();
    await expect(first).rejects.toMatchObject({ side: 'caller' });
    late.resolve(described());
    expect(await second).toEqual(described());
    expect(describe).toHaveBeenCalledTimes(1);
  });

  it('cannot be changed by one who has it', async () => {
    const { backend } = await describing();
    const description = await backend.describeKey('k', CALL);
    expect([Object.isFrozen(description), Object.isFrozen(description.key)]).toEqual([true, true]);
  });

  it('is kept apart for each name', async () => {
    const { backend, describe } = await describing();
    await backend.describeKey('k', CALL);
    await backend.describeKey('K', CALL);
    expect(describe).toHaveBeenCalledTimes(2);
  });

  it('of at most a thousand keys is kept', async () => {
    const { backend, describe } = await describing();
    for (let key = 0; key <= 1_000; key++) await backend.describeKey(`k${key}`, CALL);
    describe.mockClear();
    await backend.describeKey('k1000', CALL);
    expect(describe).not.toHaveBeenCalled();
    await backend.describeKey('k0', CALL);
    expect(describe).toHaveBeenCalledTimes(1);
  });
});

describe('a key that is missing', () => {
  const missing = () => Promise.reject(new KmsError('not-found', 'no'));

  it('is missing for five seconds, and then asked for again', async () => {
    const { backend, describe, clock } = await describing(missing);
    const ask = () => backend.describeKey('k', CALL);
    await expect(ask()).rejects.toMatchObject({ code: 'not-found' });
    clock.time += 4_999;
    await expect(ask()).rejects.toMatchObject({ code: 'not-found' });
    expect(describe).toHaveBeenCalledTimes(1);
    clock.time += 1;
    await expect(ask()).rejects.toMatchObject({ code: 'not-found' });
    expect(describe).toHaveBeenCalledTimes(2);
  });

  it.each(['access-denied', 'unavailable', 'throttled', 'disabled-key', 'invalid-request'] as const)(
    'is not one of which the key service says %s',
    async (code) => {
      const { backend, describe } = await describing(() => Promise.reject(new KmsError(code, 'no')));
      await expect(backend.describeKey('k', CALL)).rejects.toMatchObject({ code });
      await expect(backend.describeKey('k', CALL)).rejects.toMatchObject({ code });
      expect(describe).toHaveBeenCalledTimes(2);
    },
  );
});

import { jest } from '@jest/globals';
import { KmsError, KMS_ERROR_CODES, type KmsErrorOptions } from 'kkp-plugin-kit';
import { pause } from '../../../../src/backends/calls/pause.js';
import { Refusal } from '../../../../src/backends/calls/refusal.js';
import { Retries, type RetryOutcome } from '../../../../src/backends/calls/retries.js';
import { RetryBudget } from '../../../../src/backends/calls/retry-budget.js';
import { TestClock } from '../setup.js';
import { FixedShare, pass } from './traces.js';

const RETRYABLE = ['throttled', 'unavailable'];

/** Retries of attempts that fail as told, in order, and then answer. */
function attempting(failures: readonly Error[], { retries = 2, share = 0.5, percent = 100 } = {}) {
  const clock = new TestClock();
  const started = clock.now();
  const attempts: number[] = [];
  const outcomes: RetryOutcome[] = [];
  const caller = new AbortController();
  const call = { signal: caller.signal, deadline: started + 10_000, requestId: 'r' };
  const attempt = () => {
    attempts.push(clock.now() - started);
    const failure = failures[attempts.length - 1];
    return failure === undefined ? Promise.resolve('answer') : Promise.reject(failure);
  };
  const options = { retries, budget: new RetryBudget(percent), clock, random: new FixedShare(share) };
  const result = new Retries(options).run(call, attempt, (outcome) => outcomes.push(outcome));
  result.catch(() => undefined);
  return { clock, result, attempts, outcomes, caller };
}

const busy = (options: KmsErrorOptions = {}) => new KmsError('throttled', 'busy', options);
const down = () => new KmsError('unavailable', 'down');

describe('retries', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each(RETRYABLE.map((code) => [code as 'throttled']))('are made after %s', async (code) => {
    const { clock, result, attempts, outcomes } = attempting([new KmsError(code, 'later')]);
    await pass(clock, 100);
    await expect(result).resolves.toBe('answer');
    expect(attempts).toHaveLength(2);
    expect(outcomes).toEqual(['made']);
  });

  it.each([
    ...KMS_ERROR_CODES.filter((code) => !RETRYABLE.includes(code)).map((code) => new KmsError(code, 'no')),
    new KmsError('unavailable', 'The caller has gone.', { side: 'caller' }),
    new KmsError('throttled', 'too much', { side: 'caller' }),
    new Refusal('breaker-open', 'unavailable', 'out'),
    new Refusal('queue-full', 'throttled', 'full', { side: 'proxy' }),
    new TypeError('a bug'),
  ])('are not made after %s', async (error) => {
    const { clock, result, attempts, outcomes } = attempting([error]);
    await pass(clock, 10_000);
    await expect(result).rejects.toBe(error);
    expect([attempts, outcomes]).toEqual([[0], []]);
  });

  it.each([
    [0, 1],
    [1, 2],
    [2, 3],
    [5, 6],
  ])('of at most %i make at most %i attempts, and end with the last failure', async (retries, most) => {
    const failures = Array.from({ length: 10 }, down);
    const { clock, result, attempts } = attempting(failures, { retries });
    for (let step = 0; step < 50; step++) await pass(clock, 100);
    await expect(result).rejects.toBe(failures[most - 1]);
    expect(attempts).toHaveLength(most);
  });

  it.each([
    [0, [0, 0, 0, 0]],
    [0.5, [0, 25, 75, 175]],
    [1, [0, 50, 150, 350]],
  ])('wait a share of %d of a bound that doubles', async (share, expected) => {
    const { clock, attempts } = attempting([down(), down(), down()], { retries: 3, share });
    for (let step = 0; step < 400; step++) await pass(clock, 1);
    expect(attempts).toHaveLength(4);
    attempts.forEach((at, index) => expect(Math.abs(at - expected[index]!)).toBeLessThanOrEqual(3));
  });

  it('wait two seconds at most when nobody asked for more', async () => {
    const failures = Array.from({ length: 9 }, down);
    const { clock, attempts } = attempting(failures, { retries: 9, share: 1 });
    for (let step = 0; step < 1_000; step++) await pass(clock, 10);
    const waits = attempts.slice(1).map((at, index) => at - attempts[index]!);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_010);
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(1_990);
  });

  it('wait as long as the provider asks, and a share more, never less', async () => {
    const { clock, result, attempts } = attempting([busy({ retryAfterMs: 3_000 })], { share: 0.5 });
    await pass(clock, 3_000);
    expect(attempts).toEqual([0]);
    await pass(clock, 25);
    await expect(result).resolves.toBe('answer');
    expect(attempts).toEqual([0, 3_025]);
  });

  it.each([
    [10_000, 0],
    [9_990, 1],
    [3_600_000, 0.5],
    [Infinity, 0],
  ])(
    'are given up at once when %d ms do not fit the deadline, so that the caller learns of them',
    async (retryAfterMs, share) => {
      const { result, attempts, outcomes } = attempting([busy({ retryAfterMs })], { share });
      await expect(result).rejects.toMatchObject({ code: 'throttled', retryAfterMs });
      expect([attempts, outcomes]).toEqual([[0], ['no-time']]);
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  it.each([-5, 0, NaN])('take a wait of %d ms for none', async (retryAfterMs) => {
    const { clock, result, attempts } = attempting([busy({ retryAfterMs })]);
    await pass(clock, 23);
    expect(attempts).toEqual([0]);
    await pass(clock, 2);
    await expect(result).resolves.toBe('answer');
  });

  it('spend no budget on what does not fit the deadline', async () => {
    const budget = new RetryBudget(5);
    const retries = new Retries({ retries: 1, budget, clock: new TestClock(), random: new FixedShare(0) });
    const call = { signal: new AbortController().signal, deadline: 0, requestId: 'r' };
    await expect(retries.run(call, () => Promise.reject(down()))).rejects.toBeInstanceOf(KmsError);
    expect(budget.spend()).toBe(true);
  });

  it('end with the budget', async () => {
    const { clock, result, attempts, outcomes } = attempting([down(), down()], { percent: 5 });
    await pass(clock, 100);
    await expect(result).rejects.toMatchObject({ code: 'unavailable' });
    expect([attempts.length, outcomes]).toEqual([2, ['made', 'no-budget']]);
  });

  it('stop waiting the moment that the caller goes, and make no further attempt', async () => {
    const { clock, result, attempts, caller } = attempting([busy({ retryAfterMs: 3_000 })]);
    await pass(clock, 10);
    const gone = new KmsError('unavailable', 'The caller has gone.', { side: 'caller' });
    caller.abort(gone);
    await expect(result).rejects.toBe(gone);
    expect(jest.getTimerCount()).toBe(0);
    await pass(clock, 10_000);
    expect(attempts).toEqual([0]);
  });

  it('are not thought of when the caller has gone during the attempt', async () => {
    const { result, outcomes, caller } = attempting([down()]);
    caller.abort();
    await expect(result).rejects.toMatchObject({ message: 'down' });
    expect(outcomes).toEqual([]);
  });

  it('know the errors of another copy of the kit', async () => {
    const foreign = Object.assign(new Error('busy'), {
      name: 'KmsError',
      code: 'throttled',
      side: 'provider',
    });
    const { clock, result } = attempting([foreign]);
    await pass(clock, 100);
    await expect(result).resolves.toBe('answer');
  });
});

describe('a pause', () => {
  it('is over at once for a signal that is aborted already', async () => {
    const gone = new Error('gone');
    await expect(pause(10_000, AbortSignal.abort(gone))).rejects.toBe(gone);
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, 'removeEventListener');
    await pause(0, signal);
    expect(remove).toHaveBeenCalledWith('abort', expect.any(Function));
  });
});

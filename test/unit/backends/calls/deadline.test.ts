import { jest } from '@jest/globals';
import { withDeadline } from '../../../../src/backends/calls/deadline.js';
import { deferred, never, TestClock } from '../setup.js';

const limits = (signal?: AbortSignal) => ({
  timeoutMs: 1000,
  clock: new TestClock(),
  context: { requestId: 'r1', ...(signal && { signal }) },
});
const UNAVAILABLE = expect.objectContaining({ name: 'KmsError', code: 'unavailable' });

describe('withDeadline', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('tells the call who asks and how long anybody waits', async () => {
    const call = await withDeadline((given) => Promise.resolve(given), limits());
    expect(call.requestId).toBe('r1');
    expect(call.deadline).toBe(1_700_000_001_000);
  });

  it.each([
    ['sooner', 300, 300],
    ['later', 5_000, 1_000],
  ])('has the deadline of its caller when that is %s', async (_what, callers, expected) => {
    const given = limits();
    const { clock, context } = given;
    const run = jest.fn(() => never());
    const result = withDeadline(run, { ...given, context: { ...context, deadline: clock.now() + callers } });
    expect(run).toHaveBeenCalledWith(expect.objectContaining({ deadline: clock.now() + expected }));
    jest.advanceTimersByTime(expected - 1);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1);
    await expect(result).rejects.toEqual(UNAVAILABLE);
  });

  it('does not start a call whose caller has no time left', async () => {
    const given = limits();
    const run = jest.fn(() => never());
    const context = { ...given.context, deadline: given.clock.now() };
    await expect(withDeadline(run, { ...given, context })).rejects.toEqual(UNAVAILABLE);
    expect(run).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('gives the answer and leaves neither timer nor listener behind', async () => {
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, 'removeEventListener');
    await expect(withDeadline(() => Promise.resolve(7), limits(signal))).resolves.toBe(7);
    expect(jest.getTimerCount()).toBe(0);
    expect(remove).toHaveBeenCalledWith('abort', expect.any(Function));
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('boom'))],
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
  ])('passes on what a call %s, and leaves no timer', async (_how, run) => {
    await expect(withDeadline(run, limits())).rejects.toThrow('boom');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('gives up at the deadline on a call that ignores its signal', async () => {
    const result = withDeadline(() => never(), limits());
    jest.advanceTimersByTime(999);
    const early = await Promise.race([result, Promise.resolve('waiting')]);
    expect(early).toBe('waiting');
    jest.advanceTimersByTime(1);
    await expect(result).rejects.toEqual(UNAVAILABLE);
  });

  it('aborts the call at the deadline', async () => {
    let seen: AbortSignal | undefined;
    const result = withDeadline((call) => {
      seen = call.signal;
      return never();
    }, limits());
    expect(seen?.aborted).toBe(false);
    jest.advanceTimersByTime(1000);
    expect(seen?.aborted).toBe(true);
    await expect(result).rejects.toEqual(UNAVAILABLE);
  });

  it('gives up when the caller goes', async () => {
    const caller = new AbortController();
    const result = withDeadline(() => never(), limits(caller.signal));
    caller.abort();
    await expect(result).rejects.toEqual(UNAVAILABLE);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not start a call whose caller has gone', async () => {
    const run = jest.fn(() => never());
    await expect(withDeadline(run, limits(AbortSignal.abort()))).rejects.toEqual(UNAVAILABLE);
    expect(run).not.toHaveBeenCalled();
  });

  it('gives up even when the caller goes while the call is being started', async () => {
    const caller = new AbortController();
    const start = () => {
      caller.abort();
      return never();
    };
    await expect(withDeadline(start, limits(caller.signal))).rejects.toEqual(UNAVAILABLE);
  });

  it('discards an answer that comes late', async () => {
    const late = deferred<string>();
    const discard = jest.fn();
    const result = withDeadline(() => late.promise, limits(), discard);
    jest.advanceTimersByTime(1000);
    await expect(result).rejects.toEqual(UNAVAILABLE);
    expect(discard).not.toHaveBeenCalled();
    late.resolve('secret');
    await late.promise;
    await Promise.resolve();
    expect(discard).toHaveBeenCalledWith('secret');
  });

  it('ignores a failure that comes late', async () => {
    const late = deferred<string>();
    const result = withDeadline(() => late.promise, limits());
    jest.advanceTimersByTime(1000);
    await expect(result).rejects.toEqual(UNAVAILABLE);
    late.reject(new Error('late'));
    await expect(late.promise).rejects.toThrow('late');
  });

  it('never gives an answer that it also discards', async () => {
    const discard = jest.fn();
    const answersOnAbort = ({ signal }: { signal: AbortSignal }) =>
      new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve('just in time')));
    const result = withDeadline(answersOnAbort, limits(), discard);
    jest.advanceTimersByTime(1000);
    const outcome = await result.catch(() => 'gave up');
    await Promise.resolve();
    expect([outcome, discard.mock.calls.length]).toEqual(['gave up', 1]);
  });
});

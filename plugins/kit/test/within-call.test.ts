import { getEventListeners } from 'node:events';
import { withinCall, type Call } from 'kkp-plugin-kit';

const clock = { now: () => Date.now() };
const never = () => new Promise<never>(() => undefined);
const ended = expect.objectContaining({ name: 'KmsError', code: 'unavailable', side: 'proxy' });

function call(limits: Partial<Call> = {}): Call {
  return {
    signal: new AbortController().signal,
    deadline: Date.now() + 60_000,
    requestId: 'test',
    ...limits,
  };
}

describe('withinCall', () => {
  it('answers what the work answers, and listens to nothing afterwards', async () => {
    const { signal } = new AbortController();
    const closed = new AbortController().signal;
    await expect(withinCall(call({ signal }), clock, () => Promise.resolve(7), { closed })).resolves.toBe(7);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(getEventListeners(closed, 'abort')).toEqual([]);
  });

  it('throws what the work throws, also before there is a promise', async () => {
    const fault = new TypeError('fault');
    await expect(withinCall(call(), clock, () => Promise.reject(fault))).rejects.toBe(fault);
    const thrower = () => {
      throw fault;
    };
    await expect(withinCall(call(), clock, thrower)).rejects.toBe(fault);
  });

  it.each<{ what: string; limits?: Partial<Call>; closed?: AbortSignal }>([
    { what: 'was aborted', limits: { signal: AbortSignal.abort() } },
    { what: 'has no time left', limits: { deadline: Date.now() } },
    { what: 'comes after close', closed: AbortSignal.abort() },
  ])('begins nothing for a call that $what', async ({ limits, closed }) => {
    let begun = false;
    const work = () => Promise.resolve((begun = true));
    await expect(withinCall(call(limits), clock, work, { ...(closed && { closed }) })).rejects.toEqual(ended);
    expect(begun).toBe(false);
  });

  it('ends with the signal, which the work sees too', async () => {
    const abort = new AbortController();
    let seen: AbortSignal | undefined;
    const work = (signal: AbortSignal) => {
      seen = signal;
      return never();
    };
    const waiting = withinCall(call({ signal: abort.signal }), clock, work);
    abort.abort();
    await expect(waiting).rejects.toEqual(ended);
    expect(seen?.aborted).toBe(true);
  });

  it('ends with the deadline by the clock of the host', async () => {
    const slow = { now: () => 1000 };
    await expect(withinCall(call({ deadline: 1010 }), slow, never)).rejects.toEqual(ended);
  });

  it('waits for a deadline beyond what a timer can hold', async () => {
    // Longer than the millisecond after which a timer fires that is set too far ahead.
    const work = () => new Promise((resolve) => setTimeout(resolve, 20, 7));
    await expect(withinCall(call({ deadline: Infinity }), clock, work)).resolves.toBe(7);
  });

  it('ends when the backend is closed', async () => {
    const close = new AbortController();
    const waiting = withinCall(call(), clock, never, { closed: close.signal });
    close.abort();
    await expect(waiting).rejects.toEqual(ended);
  });

  it('is unavailable also when the work fails because it was aborted', async () => {
    const abort = new AbortController();
    const work = (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const waiting = withinCall(call({ signal: abort.signal }), clock, work);
    abort.abort();
    await expect(waiting).rejects.toEqual(ended);
  });

  it('hands a late answer to discard, and one in time to nobody else', async () => {
    const discarded: number[] = [];
    const discard = (late: number) => void discarded.push(late);
    await withinCall(call(), clock, () => Promise.resolve(1), { discard });
    const abort = new AbortController();
    let answer: (value: number) => void = () => undefined;
    const work = () => new Promise<number>((resolve) => (answer = resolve));
    const waiting = withinCall(call({ signal: abort.signal }), clock, work, { discard });
    abort.abort();
    await expect(waiting).rejects.toEqual(ended);
    answer(2);
    await new Promise(setImmediate);
    expect(discarded).toEqual([2]);
  });
});

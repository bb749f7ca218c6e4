import fc from 'fast-check';
import { KmsError } from 'kkp-plugin-kit';
import { Gate } from '../../../../src/backends/calls/gate.js';

const waiting = () => new AbortController().signal;
const turns = async () => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
};
const TIMEOUT = new KmsError('unavailable', 'No answer within 10 ms.');
const GONE = new KmsError('unavailable', 'The caller has gone.', { side: 'caller' });

function fullGate(concurrency = 1, queue = 2) {
  const gate = new Gate(concurrency, queue);
  for (let place = 0; place < concurrency; place++) gate.tryEnter();
  return gate;
}

describe('a gate', () => {
  it('lets in as many as there are places', () => {
    const gate = new Gate(2, 0);
    expect([gate.tryEnter(), gate.tryEnter(), gate.tryEnter()]).toEqual([true, true, false]);
    expect(gate.inFlight).toBe(2);
    gate.leave();
    expect(gate.tryEnter()).toBe(true);
  });

  it('hands a place to those who wait in their order, past whoever comes later', async () => {
    const gate = fullGate();
    const order: string[] = [];
    void gate.wait(waiting()).then(() => order.push('first'));
    void gate.wait(waiting()).then(() => order.push('second'));
    gate.leave();
    expect(gate.tryEnter()).toBe(false);
    await turns();
    expect(order).toEqual(['first']);
    gate.leave();
    await turns();
    expect(order).toEqual(['first', 'second']);
    gate.leave();
    expect([gate.inFlight, gate.queued]).toEqual([0, 0]);
  });

  it.each([0, 2])('refuses at once beyond a queue of %i, as busy, by fault of KKP', async (queue) => {
    const gate = fullGate(1, queue);
    for (let place = 0; place < queue; place++) void gate.wait(waiting());
    await expect(gate.wait(waiting())).rejects.toMatchObject({
      code: 'throttled',
      side: 'proxy',
      reason: 'queue-full',
    });
    expect(gate.queued).toBe(queue);
  });

  it.each([
    ['its time passed: busy', TIMEOUT, { code: 'throttled', side: 'proxy', reason: 'queue-timeout' }],
    ['its caller has gone: nobody’s fault', GONE, { code: 'unavailable', side: 'caller' }],
  ])('gives the place in the queue of a call free when %s', async (_why, reason, expected) => {
    const gate = fullGate(1, 1);
    const caller = new AbortController();
    const wait = gate.wait(caller.signal);
    caller.abort(reason);
    await expect(wait).rejects.toMatchObject(expected);
    expect(gate.queued).toBe(0);
    void gate.wait(waiting());
    expect(gate.queued).toBe(1);
  });

  it('lets nobody wait whose signal is aborted already', async () => {
    const gate = fullGate();
    await expect(gate.wait(AbortSignal.abort(TIMEOUT))).rejects.toMatchObject({ reason: 'queue-timeout' });
    expect(gate.queued).toBe(0);
  });

  it('hands no place to a call that has left the queue', async () => {
    const gate = fullGate();
    const caller = new AbortController();
    const wait = gate.wait(caller.signal);
    caller.abort(GONE);
    await expect(wait).rejects.toBe(GONE);
    gate.leave();
    expect(gate.inFlight).toBe(0);
  });

  it('keeps its bounds in every trace, and ends empty', async () => {
    const bounds = fc.record({ concurrency: fc.integer({ min: 1, max: 4 }), queue: fc.nat(4) });
    const steps = fc.array(fc.constantFrom('come', 'come', 'leave', 'go'), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(bounds, steps, async ({ concurrency, queue }, trace) => {
        const gate = new Gate(concurrency, queue);
        let inside = 0;
        const callers: AbortController[] = [];
        for (const step of trace) {
          if (step === 'come' && gate.tryEnter()) inside += 1;
          else if (step === 'come') {
            const caller = new AbortController();
            callers.push(caller);
            void gate.wait(caller.signal).then(
              () => (inside += 1),
              () => undefined,
            );
          }
          if (step === 'leave' && inside > 0) {
            inside -= 1;
            gate.leave();
          }
          if (step === 'go') callers.shift()?.abort(GONE);
          await turns();
          expect(inside).toBe(gate.inFlight);
          expect(inside).toBeLessThanOrEqual(concurrency);
          expect(gate.queued).toBeLessThanOrEqual(queue);
          if (gate.queued > 0) expect(inside).toBe(concurrency);
        }
        for (const caller of callers) caller.abort(GONE);
        await turns();
        for (; inside > 0; inside--) gate.leave();
        expect([gate.inFlight, gate.queued]).toEqual([0, 0]);
      }),
      { numRuns: 100 },
    );
  });
});

import { KmsError } from 'kkp-plugin-kit';
import { BatchRunner, type Operation } from '../../../src/access/index.js';
import type { Ask } from '../../../src/access/batch.js';
import { Permit } from '../../../src/access/operation.js';
import type { CallContext } from '../../../src/call-context.js';
import { KkpError } from '../../../src/errors.js';
import { kmsToKkpError } from '../../../src/backends/index.js';
import { deferred } from '../backends/setup.js';

const CALL = { requestId: 'request-1' };

const doing = (
  perform: (work: number, call: CallContext) => Promise<string>,
): Operation<object, number, string> => ({
  body: Object,
  prepare: () => {
    throw new Error('the authorizer prepares');
  },
  perform: (permit, call) => perform(permit.work, call),
});

const asksFor = (count: number): Ask<number>[] =>
  Array.from({ length: count }, (_, work) => () => new Permit(work, { allowed: true, revision: 'r' }));

function makeRunner() {
  const logged: unknown[][] = [];
  return { runner: new BatchRunner((...line) => logged.push(line)), logged };
}

const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

describe('a batch', () => {
  it.each([1, 7, 8, 9, 100])(
    'of %i answers in the order of its items, however they finish',
    async (count) => {
      const gates = Array.from({ length: count }, () => deferred<undefined>());
      const operation = doing(async (work) => {
        await gates[work]!.promise;
        return `did ${work}`;
      });
      const answer = makeRunner().runner.run(operation, asksFor(count), CALL);
      for (const gate of gates.reverse()) {
        gate.resolve(undefined);
        await settle();
      }
      expect((await answer).results).toEqual(
        Array.from({ length: count }, (_, work) => ({ status: 200, body: `did ${work}` })),
      );
    },
  );

  it('has at most eight items under way', async () => {
    const gates = Array.from({ length: 20 }, () => deferred<string>());
    let begun = 0;
    const operation = doing((work) => {
      begun += 1;
      return gates[work]!.promise;
    });
    const answer = makeRunner().runner.run(operation, asksFor(20), CALL);
    await settle();
    expect(begun).toBe(8);
    gates[3]!.resolve('');
    await settle();
    expect(begun).toBe(9);
    for (const gate of gates) gate.resolve('');
    await answer;
    expect(begun).toBe(20);
  });

  it('asks for each item at its turn, not before', async () => {
    const gate = deferred<string>();
    const asked: number[] = [];
    const asks = asksFor(9).map((ask, place) => (call: CallContext) => {
      asked.push(place);
      return ask(call);
    });
    const answer = makeRunner().runner.run(
      doing(() => gate.promise),
      asks,
      CALL,
    );
    await settle();
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    gate.resolve('');
    await answer;
    expect(asked).toHaveLength(9);
  });

  it('performs nothing that was refused, and lets no failure change another result', async () => {
    const performed: number[] = [];
    const operation = doing((work) => {
      performed.push(work);
      return work === 2
        ? Promise.reject(new KkpError('kms_throttled', 'Busy.', { retryAfterSeconds: 1.2 }))
        : Promise.resolve('done');
    });
    const asks = asksFor(4);
    asks[1] = () => {
      throw new KkpError('policy_denied', 'No.');
    };
    const { results } = await makeRunner().runner.run(operation, asks, CALL);
    expect(performed).toEqual([0, 2, 3]);
    expect(results).toEqual([
      { status: 200, body: 'done' },
      {
        status: 403,
        body: {
          type: 'urn:kkp:error:policy_denied',
          title: 'Not allowed',
          status: 403,
          detail: 'No.',
          error: 'policy_denied',
          message: 'No.',
        },
      },
      { status: 429, body: expect.objectContaining({ error: 'kms_error' }), retry_after_seconds: 2 },
      { status: 200, body: 'done' },
    ]);
  });

  it('answers a failure of this side without its words, and logs it under the item’s own name', async () => {
    const cause = new Error('inner words');
    const { runner, logged } = makeRunner();
    const operation = doing((work) => (work === 1 ? Promise.reject(cause) : Promise.resolve('done')));
    const { results } = await runner.run(operation, asksFor(2), CALL);
    expect(results[1]).toMatchObject({ status: 500, body: { error: 'internal_error' } });
    expect(JSON.stringify(results)).not.toContain('inner words');
    expect(logged).toEqual([
      ['error', 'request failed', { request_id: 'request-1.1', code: 'internal_error', error: cause }],
    ]);
  });

  it('does not log what is the caller’s fault', async () => {
    const { runner, logged } = makeRunner();
    const operation = doing(() => Promise.reject(new KkpError('envelope_error', 'No.')));
    await runner.run(operation, asksFor(3), CALL);
    expect(logged).toEqual([]);
  });

  it('lends each item the signal of the caller and a request id of its own', async () => {
    const calls: CallContext[] = [];
    const { signal } = new AbortController();
    const operation = doing((_work, call) => Promise.resolve(String(calls.push(call))));
    const asks = asksFor(2).map((ask) => (call: CallContext) => {
      calls.push(call);
      return ask(call);
    });
    await makeRunner().runner.run(operation, asks, { ...CALL, signal });
    expect(calls.map(({ requestId }) => requestId).sort()).toEqual([
      'request-1.0',
      'request-1.0',
      'request-1.1',
      'request-1.1',
    ]);
    expect(calls.every((call) => call.signal === signal)).toBe(true);
  });

  it('begins no further item, and logs nothing, after its caller has gone', async () => {
    const caller = new AbortController();
    const gate = deferred<string>();
    let asked = 0;
    const asks = asksFor(100).map((ask) => (call: CallContext) => {
      asked += 1;
      return ask(call);
    });
    const { runner, logged } = makeRunner();
    const answer = runner.run(
      doing(() => gate.promise),
      asks,
      { ...CALL, signal: caller.signal },
    );
    await settle();
    caller.abort();
    gate.resolve('done');
    const { results } = await answer;
    expect(asked).toBe(8);
    expect(results).toHaveLength(100);
    expect(results.slice(0, 8)).toEqual(Array(8).fill({ status: 200, body: 'done' }));
    expect(new Set(results.slice(8).map(({ status }) => status))).toEqual(new Set([503]));
    expect(logged).toEqual([]);
  });

  it('logs no error for an item whose caller has gone', async () => {
    const { runner, logged } = makeRunner();
    const gone = new KmsError('unavailable', 'The caller has gone.', { side: 'caller' });
    const operation = doing(() => Promise.reject(kmsToKkpError(gone)));
    expect((await runner.run(operation, asksFor(1), CALL)).results).toMatchObject([{ status: 503 }]);
    expect(logged).toEqual([['info', 'caller gone', { request_id: 'request-1.0' }]]);
  });
});

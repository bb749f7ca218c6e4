import fc from 'fast-check';
import { CircuitBreaker, type Evidence, type Permit } from '../../../../src/backends/calls/breaker.js';
import { TestClock, thrownBy } from '../setup.js';

const OPTIONS = { failures: 3, openMs: 5_000 };

function makeBreaker() {
  const clock = new TestClock();
  const breaker = new CircuitBreaker(OPTIONS, clock);
  const attempt = (evidence: Evidence) => breaker.admit().settle(evidence);
  const open = () => {
    for (let failure = 0; failure < OPTIONS.failures; failure++) attempt('outage');
  };
  return { clock, breaker, attempt, open };
}

describe('a circuit breaker', () => {
  it('opens after outages in a row', () => {
    const { breaker, attempt } = makeBreaker();
    attempt('outage');
    attempt('outage');
    expect(breaker.state).toBe('closed');
    attempt('outage');
    expect(breaker.state).toBe('open');
  });

  it('stays closed when an answer comes between outages', () => {
    const { breaker, attempt } = makeBreaker();
    for (let round = 0; round < 10; round++) {
      attempt('outage');
      attempt('outage');
      attempt('alive');
    }
    expect(breaker.state).toBe('closed');
  });

  it('takes callers that hang up for neither', () => {
    const { breaker, attempt } = makeBreaker();
    attempt('outage');
    attempt('outage');
    for (let round = 0; round < 10; round++) attempt('nothing');
    expect(breaker.state).toBe('closed');
    attempt('outage');
    expect(breaker.state).toBe('open');
  });

  it('refuses while it is open, with the time that is left', () => {
    const { breaker, clock, open } = makeBreaker();
    open();
    clock.time += 1_200;
    const refusal = { name: 'KmsError', code: 'unavailable', reason: 'breaker-open', retryAfterMs: 3_800 };
    expect(thrownBy(() => breaker.check())).toMatchObject(refusal);
    expect(thrownBy(() => breaker.admit())).toMatchObject(refusal);
  });

  it('lets one probe through after its time, and no other beside it', () => {
    const { breaker, clock, open } = makeBreaker();
    open();
    clock.time += 4_999;
    expect(breaker.state).toBe('open');
    clock.time += 1;
    expect(breaker.state).toBe('half-open');
    breaker.check();
    breaker.admit();
    expect(thrownBy(() => breaker.admit())).toMatchObject({ reason: 'breaker-open', retryAfterMs: 5_000 });
    expect(thrownBy(() => breaker.check())).toMatchObject({ reason: 'breaker-open' });
  });

  it('closes when the probe is answered, and counts anew', () => {
    const { breaker, clock, open, attempt } = makeBreaker();
    open();
    clock.time += 5_000;
    attempt('alive');
    expect(breaker.state).toBe('closed');
    attempt('outage');
    attempt('outage');
    expect(breaker.state).toBe('closed');
  });

  it('opens again for its whole time when the probe fails', () => {
    const { breaker, clock, open, attempt } = makeBreaker();
    open();
    clock.time += 5_000;
    attempt('outage');
    clock.time += 4_999;
    expect(breaker.state).toBe('open');
  });

  it('does not stay open for longer when somebody sets the clock back', () => {
    const { breaker, clock, open } = makeBreaker();
    open();
    clock.time -= 3_600_000;
    expect(breaker.state).toBe('half-open');
    breaker.admit().settle('alive');
    expect(breaker.state).toBe('closed');
  });

  it('gives the probe to the next when its caller hangs up', () => {
    const { breaker, clock, open, attempt } = makeBreaker();
    open();
    clock.time += 5_000;
    attempt('nothing');
    expect(breaker.state).toBe('half-open');
    attempt('alive');
    expect(breaker.state).toBe('closed');
  });

  it.each<[Evidence]>([['alive'], ['outage'], ['nothing']])(
    'hears nothing (%s) from what began before it opened',
    (evidence) => {
      const { breaker, clock, open } = makeBreaker();
      const early = [breaker.admit(), breaker.admit()];
      open();
      early[0]!.settle(evidence);
      expect(breaker.state).toBe('open');
      clock.time += 5_000;
      breaker.admit();
      early[1]!.settle(evidence);
      expect(breaker.state).toBe('half-open');
      expect(thrownBy(() => breaker.admit())).toMatchObject({ reason: 'breaker-open' });
    },
  );

  it('behaves as its model in every trace', () => {
    const step = fc.oneof(
      fc.record({ does: fc.constant('admit' as const) }),
      fc.record({
        does: fc.constant('settle' as const),
        which: fc.nat(3),
        evidence: fc.constantFrom<Evidence>('alive', 'outage', 'outage', 'nothing'),
      }),
      fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 2_500, 5_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (trace) => {
        const { breaker, clock } = makeBreaker();
        const model = new Model(OPTIONS.failures, OPTIONS.openMs);
        const held: { permit: Permit; ticket: number }[] = [];
        for (const action of trace) {
          if (action.does === 'wait') clock.time += action.ms;
          if (action.does === 'admit') {
            const ticket = model.admit(clock.time);
            const refused = thrownBy(() => held.push({ permit: breaker.admit(), ticket: ticket ?? -1 }));
            expect(refused === undefined).toBe(ticket !== undefined);
          }
          if (action.does === 'settle' && held.length > 0) {
            const [{ permit, ticket }] = held.splice(action.which % held.length, 1) as [(typeof held)[0]];
            permit.settle(action.evidence);
            model.settle(ticket, action.evidence, clock.time);
          }
          expect(breaker.state).toBe(model.state(clock.time));
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** The rules once more, in the plainest form: what counts is a list of what was heard since the last change. */
class Model {
  private heard: Evidence[] = [];
  private openedAt: number | undefined;
  private tickets = new Set<number>();
  private next = 0;

  constructor(
    private readonly failures: number,
    private readonly openMs: number,
  ) {}

  state(now: number): string {
    if (this.openedAt === undefined) return 'closed';
    return now - this.openedAt < this.openMs ? 'open' : 'half-open';
  }

  admit(now: number): number | undefined {
    const state = this.state(now);
    if (state === 'open' || (state === 'half-open' && this.tickets.size > 0)) return undefined;
    this.tickets.add(++this.next);
    return this.next;
  }

  settle(ticket: number, evidence: Evidence, now: number): void {
    if (!this.tickets.delete(ticket) || evidence === 'nothing') return;
    this.heard.push(evidence);
    const recent = this.heard.slice(-this.failures);
    const out = recent.length === this.failures && recent.every((one) => one === 'outage');
    if (this.openedAt === undefined && !out) return;
    if (evidence === 'outage' || this.openedAt !== undefined) {
      this.openedAt = evidence === 'alive' ? undefined : now;
      this.heard = [];
      this.tickets.clear();
    }
  }
}

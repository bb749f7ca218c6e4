import fc from 'fast-check';
import { BUDGET_RUN, RetryBudget } from '../../../../src/backends/calls/retry-budget.js';

type Step = 'call' | 'retry';

/** What a budget makes of a trace: true for each retry that was made. */
function play(percent: number, trace: readonly Step[]) {
  const budget = new RetryBudget(percent);
  return trace.map((step) => {
    if (step === 'retry') return budget.spend() ? 'made' : 'refused';
    budget.earn();
    return 'call';
  });
}

/** By how many retries the worst of all runs of `BUDGET_RUN` calls or more is over its percentage. */
function worstExcess(events: readonly string[], percent: number): number {
  let worst = -Infinity;
  for (let from = 0; from < events.length; from++) {
    let calls = 0;
    let retries = 0;
    for (let at = from; at < events.length; at++) {
      if (events[at] === 'call') calls += 1;
      if (events[at] === 'made') retries += 1;
      if (calls >= BUDGET_RUN) worst = Math.max(worst, retries - (calls * percent) / 100);
    }
  }
  return worst;
}

describe('a retry budget', () => {
  const steps = fc.array(fc.constantFrom<Step>('call', 'retry', 'retry'), { minLength: 300, maxLength: 900 });

  it('is kept in every run of 100 calls or more of every trace', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 100 }), steps, (percent, trace) => {
        expect(worstExcess(play(percent, trace), percent)).toBeLessThanOrEqual(1e-6);
      }),
      { numRuns: 50 },
    );
  });

  it('has a reserve from the start, and no more', () => {
    expect(play(10, ['retry', 'retry', 'retry'])).toEqual(['made', 'made', 'refused']);
    expect(play(5, ['retry', 'retry'])).toEqual(['made', 'refused']);
  });

  it.each([
    [10, 13],
    [5, 25],
    [100, 2],
  ])('of %i percent earns one retry in %i calls once its reserve is spent', (percent, calls) => {
    const budget = new RetryBudget(percent);
    while (budget.spend());
    for (let call = 1; call < calls; call++) budget.earn();
    expect(budget.spend()).toBe(false);
    budget.earn();
    expect(budget.spend()).toBe(true);
  });

  it('saves nothing up beyond its reserve, however long all goes well', () => {
    const calm = Array<Step>(10_000).fill('call');
    expect(play(10, [...calm, 'retry', 'retry', 'retry']).slice(-3)).toEqual(['made', 'made', 'refused']);
  });
});

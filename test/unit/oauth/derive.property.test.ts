import fc from 'fast-check';
import { chains, walk } from './chains.js';
import { escalations } from './escalations.js';

const RUNS = 100_000;

describe('100,000 chains of up to five exchanges, with whatever is asked for by whomever', () => {
  it('never make a token that says more than the one before it, or hides who is behind it', () => {
    const links: number[] = [];
    const refused = new Map<string, number>();
    fc.assert(
      fc.property(chains, (chain) => {
        const walked = walk(chain);
        const found = walked.links.flatMap(escalations);
        if (found.length > 0) throw new Error(`There is ${found.join(', ')}.`);
        links[walked.links.length] = (links[walked.links.length] ?? 0) + 1;
        for (const code of walked.refusals) refused.set(code, (refused.get(code) ?? 0) + 1);
      }),
      { numRuns: RUNS, seed: 8693 },
    );
    expect(links.reduce((sum, count) => sum + count, 0)).toBe(RUNS);
    // None to six: one from a JWT, and five from KKP's own.
    expect(links).toHaveLength(7);
    expect(Math.min(...links)).toBeGreaterThan(100);
    for (const code of [
      'invalid_grant',
      'invalid_target',
      'invalid_scope',
      'invalid_authorization_details',
      'invalid_request',
    ])
      expect([code, (refused.get(code) ?? 0) > 1_000]).toEqual([code, true]);
  });
});

import { reasonToSkip, RULES, runRule } from 'kkp-plugin-kit/testkit';
import { MUTANTS } from './support/mutants/index.js';
import type { Flavour } from './support/reference-backend.js';
import { referenceHarness, type Break } from './support/reference-harness.js';

/** The rules that find fault, each run against a service of its own. */
async function findings(flavour: Flavour, spoil?: Break): Promise<readonly string[]> {
  const found: string[] = [];
  for (const rule of RULES) {
    const harness = referenceHarness(flavour, spoil);
    if (reasonToSkip(rule, harness) !== undefined) continue;
    await runRule(rule, harness).catch(() => found.push(rule.id));
  }
  return found;
}

describe('the rules of the conformance suite', () => {
  it.each(['rich', 'plain'] as const)('find no fault in a correct backend (%s)', async (flavour) => {
    await expect(findings(flavour)).resolves.toEqual([]);
  });

  it.each(MUTANTS)('$rule alone finds a backend that $fault', async ({ rule, flavour, spoil }) => {
    await expect(findings(flavour, spoil)).resolves.toEqual([rule]);
  });

  it('have unique ids, and a mutant each', () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...new Set(MUTANTS.map(({ rule }) => rule))].sort()).toEqual([...ids].sort());
  });
});

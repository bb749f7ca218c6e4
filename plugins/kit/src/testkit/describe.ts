import type { Harness } from './harness.js';
import { reasonToSkip, runRule } from './rule.js';
import { RULES } from './rules/index.js';

type Body = () => Promise<void>;

/** The part of a test runner that the suite uses: jest's and node:test's both have it. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  it: ((name: string, body: Body) => unknown) & { skip(name: string, body: Body): unknown };
}

/**
 * Registers the conformance suite for one backend, one test a rule. A rule that does not apply is reported as skipped,
 * with the reason in its name.
 *
 * @param runner `{ describe, it }` of the test runner. Default: its globals, as in jest.
 */
export function describeKmsBackend(name: string, harness: Harness, runner: Runner = globalRunner()): void {
  runner.describe(`${name} keeps the contract of a KMS backend`, () => {
    for (const rule of RULES) {
      const reason = reasonToSkip(rule, harness);
      const title = `${rule.id}: ${rule.title}`;
      if (reason === undefined) runner.it(title, () => runRule(rule, harness));
      else runner.it.skip(`${title} (skipped: ${reason})`, () => Promise.resolve());
    }
  });
}

function globalRunner(): Runner {
  const { describe, it } = globalThis as Partial<Runner>;
  if (describe && it) return { describe, it };
  throw new Error(
    'There is no global describe and it: hand in those of your test runner as the third argument.',
  );
}

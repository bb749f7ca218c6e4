import { expectKmsError, expectWithin } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const DEFAULT_PROMPT_MS = 1_000;
const DEADLINE_MS = 50;

export const deadlineDuringCall: Rule = {
  id: 'deadline-during-call',
  title: 'a call that the service leaves waiting is unavailable at its deadline, though nothing aborts it',
  needs: 'hang',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    subject.hang();
    // A probe without an answer may say "down".
    const calls = Object.entries(subject.calls(backend, wrapped)).filter(([name]) => name !== 'health');
    const { promptMs = DEFAULT_PROMPT_MS } = subject.harness;
    const late = subject.call({ deadline: Date.now() + DEADLINE_MS });
    await Promise.all(
      calls.map(async ([name, call]) => {
        const refused = expectKmsError(name, ['unavailable'], () => call(late));
        await expectWithin(name, DEADLINE_MS + promptMs, refused);
      }),
    );
  },
};

import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const deadlineBeforeCall: Rule = {
  id: 'deadline-before-call',
  title: 'a call whose deadline has passed already is unavailable, though nothing aborted it',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    const late = subject.call({ deadline: Date.now() - 1_000 });
    for (const [name, call] of Object.entries(subject.calls(backend, wrapped))) {
      // A probe without an answer may say "down".
      if (name === 'health') continue;
      await expectKmsError(name, ['unavailable'], () => call(late));
    }
    await expectKmsError('open', ['unavailable'], () => subject.connect().open(late));
  },
};

import { expectKmsError, expectWithin } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const DEFAULT_PROMPT_MS = 1_000;

export const abortDuringCall: Rule = {
  id: 'abort-during-call',
  title: 'a call that the service leaves waiting is unavailable as soon as it is aborted',
  needs: 'hang',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    subject.hang();
    for (const [name, call] of Object.entries(subject.calls(backend, wrapped))) {
      const abort = new AbortController();
      const refused = expectKmsError(name, ['unavailable'], () =>
        call(subject.call({ signal: abort.signal })),
      );
      setImmediate(() => abort.abort());
      await expectWithin(name, subject.harness.promptMs ?? DEFAULT_PROMPT_MS, refused);
    }
  },
};

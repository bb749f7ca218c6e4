import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const abortBeforeCall: Rule = {
  id: 'abort-before-call',
  title: 'a call whose signal is aborted already is unavailable',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    const aborted = subject.call({ signal: AbortSignal.abort() });
    for (const [name, call] of Object.entries(subject.calls(backend, wrapped))) {
      await expectKmsError(name, ['unavailable'], () => call(aborted));
    }
    await expectKmsError('open', ['unavailable'], () => subject.connect().open(aborted));
  },
};

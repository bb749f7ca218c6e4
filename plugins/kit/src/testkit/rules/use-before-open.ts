import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const useBeforeOpen: Rule = {
  id: 'use-before-open',
  title: 'every call before open is unavailable',
  async run(subject) {
    const wrapped = await subject.wrap(await subject.open(), freshPlaintext());
    const unopened = subject.connect();
    for (const [name, call] of Object.entries(subject.calls(unopened, wrapped))) {
      await expectKmsError(name, ['unavailable'], () => call(subject.call()));
    }
  },
};

import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const useAfterClose: Rule = {
  id: 'use-after-close',
  title: 'every call after close is unavailable',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    await backend.close();
    for (const [name, call] of Object.entries(subject.calls(backend, wrapped))) {
      await expectKmsError(name, ['unavailable'], () => call(subject.call()));
    }
  },
};

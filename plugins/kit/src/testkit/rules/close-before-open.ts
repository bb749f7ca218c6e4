import type { Rule } from '../rule.js';

export const closeBeforeOpen: Rule = {
  id: 'close-before-open',
  title: 'a backend that was never opened can be closed',
  async run(subject) {
    await subject.connect().close();
  },
};

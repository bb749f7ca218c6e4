import type { Rule } from '../rule.js';

export const closeIsIdempotent: Rule = {
  id: 'close-is-idempotent',
  title: 'closing twice, and twice at once, is one closing',
  async run(subject) {
    const backend = await subject.open();
    await Promise.all([backend.close(), backend.close()]);
    await backend.close();
  },
};

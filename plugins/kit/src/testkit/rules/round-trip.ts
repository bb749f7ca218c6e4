import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const roundTrip: Rule = {
  id: 'round-trip',
  title: 'what was wrapped comes back, for 1, 16 and 32 bytes',
  async run(subject) {
    const backend = await subject.open();
    for (const length of [1, 16, 32]) {
      const plaintext = freshPlaintext(length);
      const wrapped = await subject.wrap(backend, plaintext);
      const opened = await subject.unwrap(backend, wrapped);
      expectBytes(`${length} bytes`, opened.plaintext, plaintext);
    }
  },
};

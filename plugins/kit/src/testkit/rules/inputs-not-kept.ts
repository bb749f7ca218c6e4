import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const inputsNotKept: Rule = {
  id: 'inputs-not-kept',
  title: 'zeroing what was handed in, once the call has answered, changes no answer',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext();
    const expected = Uint8Array.from(plaintext);
    const wrapped = await subject.wrap(backend, plaintext);
    plaintext.fill(0);
    const copy = { ...wrapped, blob: Uint8Array.from(wrapped.blob) };
    const opened = await subject.unwrap(backend, copy);
    copy.blob.fill(0);
    expectBytes('opened', opened.plaintext, expected);
  },
};

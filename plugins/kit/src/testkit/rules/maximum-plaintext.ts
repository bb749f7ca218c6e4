import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const maximumPlaintext: Rule = {
  id: 'maximum-plaintext',
  title: 'a plaintext of exactly maxPlaintextBytes comes back',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext(subject.capabilities(backend).maxPlaintextBytes);
    const wrapped = await subject.wrap(backend, plaintext);
    const opened = await subject.unwrap(backend, wrapped);
    expectBytes('the largest plaintext', opened.plaintext, plaintext);
  },
};

import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const oversizedPlaintext: Rule = {
  id: 'oversized-plaintext',
  title: 'one byte more than maxPlaintextBytes is an invalid-request',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext(subject.capabilities(backend).maxPlaintextBytes + 1);
    await expectKmsError('wrap', ['invalid-request'], () => subject.wrap(backend, plaintext));
  },
};

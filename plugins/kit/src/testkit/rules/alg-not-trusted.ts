import { expectBytes, expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const NOBODYS = ['none', '__proto__', 'constructor', 'RSA1_5/../x', '~'.repeat(128)];

export const algNotTrusted: Rule = {
  id: 'alg-not-trusted',
  title: 'the name of an algorithm that nobody has changes nothing, or is invalid-ciphertext or unsupported',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext();
    const wrapped = await subject.wrap(backend, plaintext);
    for (const alg of NOBODYS) {
      const attempt = subject.unwrap(backend, { ...wrapped, alg });
      const opened = await attempt.catch(() => undefined);
      if (opened) expectBytes(alg, opened.plaintext, plaintext);
      else await expectKmsError(alg, ['invalid-ciphertext', 'unsupported'], () => attempt);
    }
  },
};

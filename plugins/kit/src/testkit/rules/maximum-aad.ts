import { bindAad } from '../aad.js';
import { expectBytes, expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const maximumAad: Rule = {
  id: 'maximum-aad',
  title: 'AAD of exactly maxAadBytes is taken, and twice as much is invalid-request',
  needs: 'aad-limit',
  async run(subject) {
    const backend = await subject.open();
    const max = subject.capabilities(backend).maxAadBytes ?? 0;
    const plaintext = freshPlaintext();
    const wrapped = await subject.wrap(backend, plaintext, { aad: aadOf(max) });
    const opened = await subject.unwrap(backend, wrapped, { aad: aadOf(max) });
    expectBytes('opened', opened.plaintext, plaintext);
    await expectKmsError('wrap', ['invalid-request'], () =>
      subject.wrap(backend, freshPlaintext(), { aad: aadOf(2 * max) }),
    );
  },
};

function aadOf(bytes: number) {
  const without = bindAad({ a: '' }).bytes.length;
  return bindAad({ a: 'x'.repeat(bytes - without) });
}

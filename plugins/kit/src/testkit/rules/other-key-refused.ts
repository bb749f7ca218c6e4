import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const otherKeyRefused: Rule = {
  id: 'other-key-refused',
  title: "another key's blob is invalid-ciphertext, also when its pin claims the asked key",
  async run(subject) {
    const backend = await subject.open();
    const { otherKeyId } = subject.harness;
    const own = await subject.wrap(backend, freshPlaintext(), { keyId: otherKeyId });
    const foreign = await subject.wrap(backend, freshPlaintext());
    const relabelled = { ...foreign, key: own.key };
    await expectKmsError('unwrap', ['invalid-ciphertext'], () =>
      subject.unwrap(backend, relabelled, { keyId: otherKeyId }),
    );
  },
};

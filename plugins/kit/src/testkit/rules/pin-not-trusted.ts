import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const pinNotTrusted: Rule = {
  id: 'pin-not-trusted',
  title: 'the key to open with is the asked one, never the one named in the pin of the blob',
  async run(subject) {
    const backend = await subject.open();
    const foreign = await subject.wrap(backend, freshPlaintext());
    // The other key has no such version, and not every service tells a missing version from a missing key.
    const inId = subject.capabilities(backend).versions === 'in-id';
    const codes = inId ? (['invalid-ciphertext', 'not-found'] as const) : (['invalid-ciphertext'] as const);
    await expectKmsError('unwrap', codes, () =>
      subject.unwrap(backend, foreign, { keyId: subject.harness.otherKeyId }),
    );
  },
};

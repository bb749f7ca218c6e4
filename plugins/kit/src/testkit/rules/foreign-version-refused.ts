import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const NEVER_A_VERSION = '../../ffffffff?';

export const foreignVersionRefused: Rule = {
  id: 'foreign-version-refused',
  title: 'a version in the pin that is no version of the key opens nothing',
  needs: 'version-in-pin',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    const relabelled = { ...wrapped, key: { ...wrapped.key, version: NEVER_A_VERSION } };
    await expectKmsError('unwrap', ['invalid-ciphertext', 'not-found'], () =>
      subject.unwrap(backend, relabelled),
    );
  },
};

import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const unknownKeyWrapsNothing: Rule = {
  id: 'unknown-key-wraps-nothing',
  title: 'wrapping with a key that does not exist is not-found, and so is a data key',
  async run(subject) {
    const backend = await subject.open();
    const keyId = subject.harness.unknownKeyId;
    await expectKmsError('wrap', ['not-found'], () => subject.wrap(backend, freshPlaintext(), { keyId }));
    if (backend.generateDataKey) {
      await expectKmsError('data key', ['not-found'], () => subject.dataKey(backend, { keyId }));
    }
  },
};

import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';

export const unknownKeyNotDescribed: Rule = {
  id: 'unknown-key-not-described',
  title: 'describing a key that does not exist is not-found',
  async run(subject) {
    const backend = await subject.open();
    await expectKmsError('describe', ['not-found'], () =>
      backend.describeKey(subject.harness.unknownKeyId, subject.call()),
    );
  },
};

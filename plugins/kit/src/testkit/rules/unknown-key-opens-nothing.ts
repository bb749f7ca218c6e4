import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const unknownKeyOpensNothing: Rule = {
  id: 'unknown-key-opens-nothing',
  title: 'opening with a key that does not exist is not-found, and does not make the key',
  async run(subject) {
    const backend = await subject.open();
    const keyId = subject.harness.unknownKeyId;
    const wrapped = await subject.wrap(backend, freshPlaintext());
    for (const attempt of ['first', 'second']) {
      await expectKmsError(`${attempt} unwrap`, ['not-found'], () =>
        subject.unwrap(backend, wrapped, { keyId }),
      );
    }
  },
};

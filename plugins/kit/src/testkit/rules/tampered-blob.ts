import { expectKmsError } from '../expect.js';
import { placesIn } from '../places.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const tamperedBlob: Rule = {
  id: 'tampered-blob',
  title: 'a flipped bit anywhere in a blob is invalid-ciphertext',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    for (const at of placesIn(wrapped.blob.length)) {
      const blob = Uint8Array.from(wrapped.blob, (byte, index) =>
        index === at ? byte ^ (1 << (at % 8)) : byte,
      );
      await expectKmsError(`byte ${at} of ${blob.length}`, ['invalid-ciphertext'], () =>
        subject.unwrap(backend, { ...wrapped, blob }),
      );
    }
  },
};

import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const EVERY_BYTE_UP_TO = 256;
const PLACES_BEYOND = 32;

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

/** Every place of a short blob; first, last and some evenly between of a long one, to spare a real service. */
function placesIn(length: number): readonly number[] {
  const count = length <= EVERY_BYTE_UP_TO ? length : PLACES_BEYOND;
  return Array.from({ length: count }, (_, step) =>
    Math.round((step * (length - 1)) / Math.max(1, count - 1)),
  );
}

import { expectKmsError } from '../expect.js';
import { placesIn } from '../places.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const resizedBlob: Rule = {
  id: 'resized-blob',
  title: 'a blob cut at any place, extended or empty is invalid-ciphertext',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    for (const blob of resized(wrapped.blob)) {
      await expectKmsError(`${blob.length} bytes`, ['invalid-ciphertext'], () =>
        subject.unwrap(backend, { ...wrapped, blob }),
      );
    }
  },
};

function resized(blob: Uint8Array): readonly Uint8Array[] {
  const cut = placesIn(blob.length).map((length) => blob.slice(0, length));
  return [...cut, blob.slice(1), Uint8Array.of(...blob, 0), Uint8Array.of(...blob, ...blob)];
}

import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const RESIZED: Readonly<Record<string, (blob: Uint8Array) => Uint8Array>> = {
  empty: () => new Uint8Array(),
  'one byte': (blob) => blob.slice(0, 1),
  'first half': (blob) => blob.slice(0, Math.floor(blob.length / 2)),
  'last byte missing': (blob) => blob.slice(0, -1),
  'first byte missing': (blob) => blob.slice(1),
  'a byte appended': (blob) => Uint8Array.of(...blob, 0),
  twice: (blob) => Uint8Array.of(...blob, ...blob),
};

export const resizedBlob: Rule = {
  id: 'resized-blob',
  title: 'a truncated, extended or empty blob is invalid-ciphertext',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    for (const [what, resize] of Object.entries(RESIZED)) {
      const blob = resize(wrapped.blob);
      await expectKmsError(what, ['invalid-ciphertext'], () => subject.unwrap(backend, { ...wrapped, blob }));
    }
  },
};

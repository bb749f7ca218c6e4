import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const wrapsDiffer: Rule = {
  id: 'wraps-differ',
  title: 'two wraps of one plaintext give different blobs',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext();
    const first = await subject.wrap(backend, plaintext);
    const second = await subject.wrap(backend, plaintext);
    assert.ok(!Buffer.from(first.blob).equals(second.blob), 'both wraps gave the same blob');
  },
};

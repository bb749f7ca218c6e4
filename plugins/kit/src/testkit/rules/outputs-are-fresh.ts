import assert from 'node:assert/strict';
import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const outputsAreFresh: Rule = {
  id: 'outputs-are-fresh',
  title: 'each opened plaintext is a buffer of its own, which the core may zero',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext();
    const wrapped = await subject.wrap(backend, plaintext);
    const first = await subject.unwrap(backend, wrapped);
    assert.equal(
      first.plaintext.buffer.byteLength,
      plaintext.length,
      'the plaintext is a view of a larger buffer',
    );
    first.plaintext.fill(0);
    const second = await subject.unwrap(backend, wrapped);
    expectBytes('opened again', second.plaintext, plaintext);
  },
};

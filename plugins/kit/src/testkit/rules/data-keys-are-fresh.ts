import assert from 'node:assert/strict';
import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';

export const dataKeysAreFresh: Rule = {
  id: 'data-keys-are-fresh',
  title: 'each generated data key is a buffer of its own, which the core may zero',
  needs: 'data-key-call',
  async run(subject) {
    const backend = await subject.open();
    const { plaintext, wrapped } = await subject.dataKey(backend);
    assert.equal(plaintext.buffer.byteLength, plaintext.length, 'the data key is a view of a larger buffer');
    const expected = Uint8Array.from(plaintext);
    plaintext.fill(0);
    expectBytes('opened', (await subject.unwrap(backend, wrapped)).plaintext, expected);
  },
};

import assert from 'node:assert/strict';
import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const describeIsCanonical: Rule = {
  id: 'describe-is-canonical',
  title: 'describeKey gives the pin that wrapping gives, and its key id is taken everywhere',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext();
    const wrapped = await subject.wrap(backend, plaintext);

    const described = await backend.describeKey(subject.harness.keyId, subject.call());
    assert.deepEqual(described.key, wrapped.key);
    assert.equal(described.state, 'enabled');
    assert.ok(described.alg.length > 0, 'no algorithm');

    const { keyId } = described.key;
    const again = await backend.describeKey(keyId, subject.call());
    assert.deepEqual(again, described);
    const opened = await subject.unwrap(backend, wrapped, { keyId });
    expectBytes('opened under the canonical id', opened.plaintext, plaintext);
  },
};

import assert from 'node:assert/strict';
import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const describeIsCanonical: Rule = {
  id: 'describe-is-canonical',
  title: 'describeKey names the key that wraps, and its key id is taken everywhere',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext();
    const wrapped = await subject.wrap(backend, plaintext);

    const described = await backend.describeKey(subject.harness.keyId, subject.call());
    assert.equal(described.key.keyId, wrapped.key.keyId, 'the key id');
    if (subject.capabilities(backend).reportsVersionOnWrap) {
      assert.equal(described.key.version, wrapped.key.version, 'the version');
    }
    assert.equal(described.state, 'enabled');
    assert.ok(described.alg.length > 0, 'no algorithm');

    const { keyId } = described.key;
    const again = await backend.describeKey(keyId, subject.call());
    assert.deepEqual(again, described);
    const opened = await subject.unwrap(backend, wrapped, { keyId });
    expectBytes('opened under the canonical id', opened.plaintext, plaintext);
  },
};

import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const unwrapNamesKey: Rule = {
  id: 'unwrap-names-key',
  title: 'an opened key names the key that wrapped it, and its version exactly when that is declared',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    const opened = await subject.unwrap(backend, wrapped);
    assert.equal(opened.key.keyId, wrapped.key.keyId);
    const { reportsVersionOnWrap, reportsVersionOnUnwrap } = subject.capabilities(backend);
    assert.equal(opened.key.version !== undefined, reportsVersionOnUnwrap, 'whether a version is named');
    if (reportsVersionOnWrap && reportsVersionOnUnwrap) {
      assert.equal(opened.key.version, wrapped.key.version, 'the version');
    }
  },
};

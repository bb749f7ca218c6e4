import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const unwrapNamesKey: Rule = {
  id: 'unwrap-names-key',
  title: 'an opened key names the key that wrapped it, and the version exactly when it is declared',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    const opened = await subject.unwrap(backend, wrapped);
    assert.equal(opened.key.keyId, wrapped.key.keyId);
    const declared = subject.capabilities(backend).reportsVersionOnUnwrap;
    assert.equal(opened.key.version, declared ? wrapped.key.version : undefined);
  },
};

import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const dataKeyNamesKey: Rule = {
  id: 'data-key-names-key',
  title: 'a generated data key and its blob name one key, the one that wrapKey names',
  needs: 'data-key-call',
  async run(subject) {
    const backend = await subject.open();
    const { key, wrapped } = await subject.dataKey(backend);
    assert.deepEqual(key, wrapped.key, 'the key beside the data key');
    const { key: wraps } = await subject.wrap(backend, freshPlaintext());
    assert.equal(key.keyId, wraps.keyId, 'the key id');
    const { version } = (await subject.unwrap(backend, wrapped)).key;
    if (wrapped.key.version !== undefined && version !== undefined) {
      assert.equal(wrapped.key.version, version, 'the version');
    }
  },
};

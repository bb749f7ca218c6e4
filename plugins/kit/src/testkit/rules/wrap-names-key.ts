import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const MAX_BLOB_BYTES = 65_536;

export const wrapNamesKey: Rule = {
  id: 'wrap-names-key',
  title: 'a wrapped key names its algorithm, its key and, where there are versions, its version',
  async run(subject) {
    const backend = await subject.open();
    const { blob, alg, key } = await subject.wrap(backend, freshPlaintext());
    assert.ok(blob.length > 0 && blob.length <= MAX_BLOB_BYTES, `a blob of ${blob.length} bytes`);
    assert.ok(alg.length > 0, 'no algorithm');
    assert.ok(key.keyId.length > 0, 'no key id');
    const versioned = subject.capabilities(backend).versions !== 'none';
    assert.equal(key.version !== undefined && key.version.length > 0, versioned, 'version present');
  },
};

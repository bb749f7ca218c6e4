import assert from 'node:assert/strict';
import { LABEL, MAX_BLOB_BYTES, MAX_KEY_ID_LENGTH } from '../../contract.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const wrapNamesKey: Rule = {
  id: 'wrap-names-key',
  title: 'a wrapped key names its algorithm, its key, and its version exactly when that is declared',
  async run(subject) {
    const backend = await subject.open();
    const { blob, alg, key } = await subject.wrap(backend, freshPlaintext());
    assert.ok(blob.length > 0 && blob.length <= MAX_BLOB_BYTES, `a blob of ${blob.length} bytes`);
    assert.match(alg, LABEL, 'the algorithm');
    const { length } = key.keyId;
    assert.ok(length > 0 && length <= MAX_KEY_ID_LENGTH, `a key id of ${length} characters`);
    const declared = subject.capabilities(backend).reportsVersionOnWrap;
    assert.equal(key.version !== undefined, declared, 'whether a version is named');
    if (key.version !== undefined) assert.match(key.version, LABEL, 'the version');
  },
};

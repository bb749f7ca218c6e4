import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';

/** KKP's own data keys, and the keys that seal them. */
const LARGEST_KEY_BYTES = 32;

export const capabilitiesAgree: Rule = {
  id: 'capabilities-agree',
  title: 'what is declared of versions, AAD and sizes goes together',
  run(subject) {
    const declared = subject.capabilities(subject.connect());
    const { aad, maxAadBytes, maxPlaintextBytes, versions } = declared;
    const { reportsVersionOnWrap, reportsVersionOnUnwrap } = declared;
    assert.ok(maxPlaintextBytes >= LARGEST_KEY_BYTES, 'maxPlaintextBytes is too small for a data key');
    if (versions === 'in-id') assert.ok(reportsVersionOnWrap, 'a version in-id that wrapKey does not tell');
    if (versions === 'none') {
      assert.ok(!reportsVersionOnWrap && !reportsVersionOnUnwrap, 'versions of a key that has none');
    }
    if (maxAadBytes !== undefined) {
      assert.notEqual(aad, 'none', 'maxAadBytes of a key that takes no AAD');
      assert.ok(Number.isSafeInteger(maxAadBytes) && maxAadBytes > 0, 'maxAadBytes is no size');
    }
    return Promise.resolve();
  },
};

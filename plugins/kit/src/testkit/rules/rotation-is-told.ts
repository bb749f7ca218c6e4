import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const rotationIsTold: Rule = {
  id: 'rotation-is-told',
  title: 'after a rotation new blobs are of a new version of the same key, and only older ones are stale',
  needs: 'rotate',
  async run(subject) {
    const backend = await subject.open();
    const keyId = await subject.admin.createKey();
    const older = await subject.wrap(backend, freshPlaintext(), { keyId });
    const before = await subject.unwrap(backend, older, { keyId });
    assert.notEqual(before.stale, true, 'stale before any rotation');

    await subject.admin.rotate(keyId);
    const newer = await subject.wrap(backend, freshPlaintext(), { keyId });
    assert.equal(newer.key.keyId, older.key.keyId, 'the canonical key id changed');
    // The newer blob first: it may be what shows the new version to a backend that remembers which one wraps.
    const opened = await subject.unwrap(backend, newer, { keyId });
    const after = await subject.unwrap(backend, older, { keyId });
    assert.notEqual(opened.stale, true, 'the newer blob is stale');
    assert.equal(after.stale, true, 'the older blob is stale');
    const { reportsVersionOnWrap, reportsVersionOnUnwrap } = subject.capabilities(backend);
    if (reportsVersionOnWrap) assert.notEqual(newer.key.version, older.key.version, 'the version of wrapKey');
    if (reportsVersionOnUnwrap)
      assert.notEqual(opened.key.version, after.key.version, 'the version of unwrapKey');
  },
};

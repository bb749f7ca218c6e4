import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const rotationIsTold: Rule = {
  id: 'rotation-is-told',
  title: 'after a rotation new blobs name a new version, and only older ones are stale',
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
    assert.notEqual(newer.key.version, older.key.version, 'the version did not change');
    assert.equal((await subject.unwrap(backend, older, { keyId })).stale, true, 'the older blob is stale');
    assert.notEqual((await subject.unwrap(backend, newer, { keyId })).stale, true, 'the newer blob is stale');
  },
};

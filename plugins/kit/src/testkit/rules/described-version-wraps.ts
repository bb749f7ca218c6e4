import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';

export const describedVersionWraps: Rule = {
  id: 'described-version-wraps',
  title: 'the version that describeKey names is the one that wraps, also after a rotation',
  needs: 'rotate',
  async run(subject) {
    const backend = await subject.open();
    const keyId = await subject.admin.createKey();
    for (const when of ['before a rotation', 'after a rotation']) {
      const { version } = (await backend.describeKey(keyId, subject.call())).key;
      const wraps = await subject.wrappingVersion(backend, keyId);
      if (wraps !== undefined) assert.equal(version, wraps, when);
      await subject.admin.rotate(keyId);
    }
  },
};

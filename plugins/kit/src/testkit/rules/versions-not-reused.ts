import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';

const ROTATIONS = 3;

export const versionsNotReused: Rule = {
  id: 'versions-not-reused',
  title: 'a label names one version of a key for ever: no rotation brings an old one back',
  needs: 'rotate',
  async run(subject) {
    const backend = await subject.open();
    const keyId = await subject.admin.createKey();
    const labels = [await subject.wrappingVersion(backend, keyId)];
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      await subject.admin.rotate(keyId);
      labels.push(await subject.wrappingVersion(backend, keyId));
    }
    const told = labels.filter((label) => label !== undefined);
    assert.equal(new Set(told).size, told.length, 'a label came back');
  },
};

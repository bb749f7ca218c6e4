import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';

export const optionalCallsDeclared: Rule = {
  id: 'optional-calls-declared',
  title: 'generateDataKey and rewrap are there exactly when they are declared',
  run(subject) {
    const backend = subject.connect();
    const { generateDataKey, rewrap } = subject.capabilities(backend);
    assert.equal(backend.generateDataKey !== undefined, generateDataKey, 'generateDataKey');
    assert.equal(backend.rewrap !== undefined, rewrap !== 'none', 'rewrap');
    return Promise.resolve();
  },
};

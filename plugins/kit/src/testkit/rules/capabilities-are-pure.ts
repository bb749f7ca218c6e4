import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';

export const capabilitiesArePure: Rule = {
  id: 'capabilities-are-pure',
  title: 'capabilities are frozen and the same before open, when open and after close',
  async run(subject) {
    const backend = subject.connect();
    const before = subject.capabilities(backend);
    assert.ok(Object.isFrozen(before), 'not frozen');
    const copy = { ...before };
    await backend.open(subject.call());
    assert.deepEqual(subject.capabilities(backend), copy, 'changed by open');
    await backend.close();
    assert.deepEqual(subject.capabilities(backend), copy, 'changed by close');
  },
};

import assert from 'node:assert/strict';
import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const disabledKeyOpensNothing: Rule = {
  id: 'disabled-key-opens-nothing',
  title: 'opening with a disabled key is disabled-key, and describeKey says so',
  needs: 'disable',
  async run(subject) {
    const backend = await subject.open();
    const keyId = await subject.admin.createKey();
    const wrapped = await subject.wrap(backend, freshPlaintext(), { keyId });
    await subject.admin.disable(keyId);
    await expectKmsError('unwrap', ['disabled-key'], () => subject.unwrap(backend, wrapped, { keyId }));
    assert.equal((await backend.describeKey(keyId, subject.call())).state, 'disabled');
  },
};

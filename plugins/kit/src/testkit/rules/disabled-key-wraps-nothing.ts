import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const disabledKeyWrapsNothing: Rule = {
  id: 'disabled-key-wraps-nothing',
  title: 'wrapping with a disabled key is disabled-key, and so is a data key',
  needs: 'disable',
  async run(subject) {
    const backend = await subject.open();
    const keyId = await subject.admin.createKey();
    await subject.admin.disable(keyId);
    await expectKmsError('wrap', ['disabled-key'], () => subject.wrap(backend, freshPlaintext(), { keyId }));
    if (backend.generateDataKey) {
      await expectKmsError('data key', ['disabled-key'], () => subject.dataKey(backend, { keyId }));
    }
  },
};

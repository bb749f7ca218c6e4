import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const deletedKeyRefused: Rule = {
  id: 'deleted-key-refused',
  title: 'a deleted key neither opens nor wraps',
  needs: 'delete',
  async run(subject) {
    const backend = await subject.open();
    const keyId = await subject.admin.createKey();
    const wrapped = await subject.wrap(backend, freshPlaintext(), { keyId });
    await subject.admin.delete(keyId);
    const gone = ['not-found', 'disabled-key'] as const;
    await expectKmsError('unwrap', gone, () => subject.unwrap(backend, wrapped, { keyId }));
    await expectKmsError('wrap', gone, () => subject.wrap(backend, freshPlaintext(), { keyId }));
  },
};

import { bindAad } from '../aad.js';
import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const aadRefused: Rule = {
  id: 'aad-refused',
  title: 'AAD for a key that takes none is unsupported, never ignored',
  needs: 'no-aad',
  async run(subject) {
    const backend = await subject.open();
    const aad = bindAad({ tenant: 'red' });
    await expectKmsError('wrap', ['unsupported'], () => subject.wrap(backend, freshPlaintext(), { aad }));
    const wrapped = await subject.wrap(backend, freshPlaintext());
    await expectKmsError('unwrap', ['unsupported'], () => subject.unwrap(backend, wrapped, { aad }));
  },
};

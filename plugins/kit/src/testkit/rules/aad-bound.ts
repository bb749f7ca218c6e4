import type { EncryptionContext } from '../../contract.js';
import { bindAad } from '../aad.js';
import { expectBytes, expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const BOUND: EncryptionContext = { a: 'bc', tenant: 'red' };

const OTHERS: Readonly<Record<string, EncryptionContext>> = {
  'a value changed': { a: 'bc', tenant: 'blue' },
  'a name changed': { a: 'bc', Tenant: 'red' },
  'a pair missing': { a: 'bc' },
  'a pair added': { a: 'bc', tenant: 'red', more: '' },
  'a border between name and value moved': { ab: 'c', tenant: 'red' },
  'two values exchanged': { a: 'red', tenant: 'bc' },
};

export const aadBound: Rule = {
  id: 'aad-bound',
  title: 'a blob opens under its own AAD in any order, and is invalid-ciphertext under any other',
  needs: 'aad',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext();
    const wrapped = await subject.wrap(backend, plaintext, { aad: bindAad(BOUND) });

    const reordered = bindAad({ tenant: 'red', a: 'bc' });
    const opened = await subject.unwrap(backend, wrapped, { aad: reordered });
    expectBytes('same pairs in another order', opened.plaintext, plaintext);

    for (const [what, other] of Object.entries(OTHERS)) {
      await expectKmsError(what, ['invalid-ciphertext'], () =>
        subject.unwrap(backend, wrapped, { aad: bindAad(other) }),
      );
    }
  },
};

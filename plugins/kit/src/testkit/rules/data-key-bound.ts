import { bindAad } from '../aad.js';
import { expectBytes, expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';

export const dataKeyBound: Rule = {
  id: 'data-key-bound',
  title: 'a generated data key opens under its own AAD, and is invalid-ciphertext under any other or none',
  needs: 'data-key-aad',
  async run(subject) {
    const backend = await subject.open();
    const { keyId } = subject.harness;
    const aad = bindAad({ tenant: 'red' });
    const { plaintext, wrapped } = await subject.dataKey(backend, { aad });
    expectBytes('opened', (await subject.unwrap(backend, wrapped, { aad })).plaintext, plaintext);
    await expectKmsError('other AAD', ['invalid-ciphertext'], () =>
      subject.unwrap(backend, wrapped, { aad: bindAad({ tenant: 'blue' }) }),
    );
    await expectKmsError('no AAD', ['invalid-ciphertext'], () =>
      backend.unwrapKey({ keyId, wrapped }, subject.call()),
    );
  },
};

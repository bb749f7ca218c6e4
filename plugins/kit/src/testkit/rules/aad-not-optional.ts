import { bindAad } from '../aad.js';
import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const aadNotOptional: Rule = {
  id: 'aad-not-optional',
  title: 'a blob made with AAD is invalid-ciphertext without it, and the other way round',
  needs: 'aad',
  async run(subject) {
    const backend = await subject.open();
    const { keyId } = subject.harness;
    const aad = bindAad({ tenant: 'red' });

    const bound = await subject.wrap(backend, freshPlaintext(), { aad });
    await expectKmsError('unwrap without AAD', ['invalid-ciphertext'], () =>
      backend.unwrapKey({ keyId, wrapped: bound }, subject.call()),
    );

    const bare = await backend.wrapKey({ keyId, plaintext: freshPlaintext() }, subject.call());
    await expectKmsError('unwrap with AAD', ['invalid-ciphertext'], () =>
      subject.unwrap(backend, bare, { aad }),
    );
  },
};

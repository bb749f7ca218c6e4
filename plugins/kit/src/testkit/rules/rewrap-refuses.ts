import type { RewrapRequest } from '../../contract.js';
import { bindAad } from '../aad.js';
import { expectKmsError } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const rewrapRefuses: Rule = {
  id: 'rewrap-refuses',
  title: 'what does not open under the named key and AAD is not rewrapped either, nor to a missing key',
  needs: 'rewrap-call',
  async run(subject) {
    const backend = await subject.open();
    const { keyId, otherKeyId, unknownKeyId } = subject.harness;
    const full = subject.capabilities(backend).rewrap === 'full';
    const aad = full ? subject.aad(backend) : undefined;
    const bound = { ...(aad && { aad, toAad: aad }) };
    const wrapped = await backend.wrapKey({ keyId, plaintext: freshPlaintext(), ...bound }, subject.call());
    const rewrap = (changes: Partial<RewrapRequest>) => async () =>
      backend.rewrap?.({ keyId, wrapped, toKeyId: keyId, ...bound, ...changes }, subject.call());

    const last = wrapped.blob.length - 1;
    const blob = wrapped.blob.map((byte, index) => (index === last ? byte ^ 1 : byte));
    const bad = ['invalid-ciphertext'] as const;
    await expectKmsError('a changed blob', bad, rewrap({ wrapped: { ...wrapped, blob } }));
    await expectKmsError('a blob of another key', bad, rewrap({ keyId: otherKeyId }));
    if (aad) await expectKmsError('other AAD', bad, rewrap({ aad: bindAad({ purpose: 'other' }) }));
    await expectKmsError('to a missing key', ['not-found'], rewrap({ toKeyId: unknownKeyId }));
  },
};

import assert from 'node:assert/strict';
import { bindAad } from '../aad.js';
import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const rewrapMoves: Rule = {
  id: 'rewrap-moves',
  title: 'a rewrapped blob opens under its new key and its new AAD',
  needs: 'rewrap-call',
  async run(subject) {
    const backend = await subject.open();
    const { keyId, otherKeyId } = subject.harness;
    const full = subject.capabilities(backend).rewrap === 'full';
    const [aad, toAad] = full ? [bindAad({ tenant: 'red' }), bindAad({ tenant: 'blue' })] : [];
    const plaintext = freshPlaintext();
    const wrapped = await backend.wrapKey({ keyId, plaintext, ...(aad && { aad }) }, subject.call());

    const request = { keyId, wrapped, toKeyId: otherKeyId, ...(aad && { aad }), ...(toAad && { toAad }) };
    const moved = await backend.rewrap?.(request, subject.call());
    assert.ok(moved, 'no blob');
    const there = { keyId: otherKeyId, wrapped: moved, ...(toAad && { aad: toAad }) };
    expectBytes('moved', (await backend.unwrapKey(there, subject.call())).plaintext, plaintext);
  },
};

import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const inputsUntouched: Rule = {
  id: 'inputs-untouched',
  title: 'plaintext, blob and AAD that were handed in are left as they were',
  async run(subject) {
    const backend = await subject.open();
    const plaintext = freshPlaintext();
    const aad = subject.aad(backend);
    const before = { plaintext: Uint8Array.from(plaintext), aad: Uint8Array.from(aad?.bytes ?? []) };
    const wrapped = await subject.wrap(backend, plaintext, { aad });
    const blob = Uint8Array.from(wrapped.blob);
    await subject.unwrap(backend, wrapped, { aad });
    expectBytes('plaintext', plaintext, before.plaintext);
    expectBytes('blob', wrapped.blob, blob);
    expectBytes('AAD', aad?.bytes ?? new Uint8Array(), before.aad);
  },
};

import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const rotationStrandsNothing: Rule = {
  id: 'rotation-strands-nothing',
  title: 'a blob from before two rotations of its key still opens',
  needs: 'rotate',
  async run(subject) {
    const backend = await subject.open();
    const keyId = await subject.admin.createKey();
    const plaintext = freshPlaintext();
    const wrapped = await subject.wrap(backend, plaintext, { keyId });
    await subject.admin.rotate(keyId);
    await subject.admin.rotate(keyId);
    const opened = await subject.unwrap(backend, wrapped, { keyId });
    expectBytes('opened after rotation', opened.plaintext, plaintext);
  },
};

import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

export const anotherConnection: Rule = {
  id: 'another-connection',
  title: 'a blob opens on another connection, also after the one that made it has closed',
  async run(subject) {
    const [first, second] = [await subject.open(), await subject.open()];
    const plaintext = freshPlaintext();
    const wrapped = await subject.wrap(first, plaintext);
    await first.close();
    const opened = await subject.unwrap(second, wrapped);
    expectBytes('opened elsewhere', opened.plaintext, plaintext);
  },
};

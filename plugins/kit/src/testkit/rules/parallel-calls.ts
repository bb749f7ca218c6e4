import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const CALLS = 50;

export const parallelCalls: Rule = {
  id: 'parallel-calls',
  title: `${CALLS} round trips at once each get their own answer`,
  async run(subject) {
    const backend = await subject.open();
    const plaintexts = Array.from({ length: CALLS }, () => freshPlaintext());
    await Promise.all(
      plaintexts.map(async (plaintext, index) => {
        const wrapped = await subject.wrap(backend, plaintext);
        const opened = await subject.unwrap(backend, wrapped);
        expectBytes(`round trip ${index}`, opened.plaintext, plaintext);
      }),
    );
  },
};

import assert from 'node:assert/strict';
import { expectBytes } from '../expect.js';
import type { Rule } from '../rule.js';

export const dataKeyOpens: Rule = {
  id: 'data-key-opens',
  title: 'a generated data key has the asked size, opens from its blob, and is never the same',
  needs: 'data-key-call',
  async run(subject) {
    const backend = await subject.open();
    const seen = new Set<string>();
    for (const bytes of [16, 32, 64, 32] as const) {
      const made = await subject.dataKey(backend, { bytes });
      assert.equal(made.plaintext.length, bytes);
      const opened = await subject.unwrap(backend, made.wrapped);
      expectBytes(`${bytes} bytes`, opened.plaintext, made.plaintext);
      seen.add(Buffer.from(made.plaintext).toString('hex'));
    }
    assert.equal(seen.size, 4, 'the same data key twice');
  },
};

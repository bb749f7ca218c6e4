import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

/** A multiple of three, so that base64 has no padding. */
const PRINTED_BYTES = 24;

export const nothingSecretTold: Rule = {
  id: 'nothing-secret-told',
  title: 'no error, its cause included, and no log line holds a plaintext or a blob',
  async run(subject) {
    const backend = await subject.open();
    const { unknownKeyId } = subject.harness;
    const plaintext = freshPlaintext();
    const wrapped = await subject.wrap(backend, plaintext);
    await subject.unwrap(backend, wrapped);
    const tampered = Uint8Array.from(wrapped.blob).fill(0, -1);
    const errors = await Promise.all([
      rejectionOf(subject.wrap(backend, plaintext, { keyId: unknownKeyId })),
      rejectionOf(subject.unwrap(backend, wrapped, { keyId: unknownKeyId })),
      rejectionOf(subject.unwrap(backend, { ...wrapped, blob: tampered })),
    ]);
    const told = inspect([errors, subject.logged], {
      depth: 8,
      maxArrayLength: null,
      maxStringLength: null,
    }).replace(/\s+/g, '');
    for (const [what, secret] of [
      ['plaintext', plaintext],
      ['blob', wrapped.blob],
    ] as const) {
      assert.ok(!forms(secret).some((form) => told.includes(form)), `the ${what} was told`);
    }
  },
};

/** How the beginning of the bytes looks when somebody prints them, white space aside. */
function forms(bytes: Uint8Array): readonly string[] {
  const beginning = Buffer.from(bytes).subarray(0, PRINTED_BYTES);
  return [
    beginning.toString('base64'),
    beginning.toString('base64url'),
    beginning.toString('hex'),
    beginning.join(','),
  ];
}

async function rejectionOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
}

import { fakeKek } from '../unit/backends/fake-backend.js';
import { acceptedEnvelopes, BACKENDS, KEY_ID } from './envelopes/accepts.js';
import { rejectedEnvelopes } from './envelopes/rejects.js';
import type { EnvelopeVectorFile } from './envelopes/types.js';

const DESCRIPTION =
  'Envelopes of format v1 and the one verdict on each. Made by make-envelope-vectors.ts with fixed randomness. The key ' +
  'service is a stand-in: a blob is nonce (12 bytes), AES-256-GCM ciphertext and tag (16) under the kek of the key, with ' +
  'kms_aad as its AAD in mode direct and none in mode sealed. A rejected envelope answers envelope_error, always the same.';

/** All envelope vectors. Nothing in them depends on the clock, on randomness or on the machine. */
export async function makeEnvelopeVectors(): Promise<EnvelopeVectorFile> {
  const accepts = await acceptedEnvelopes();
  const keys = Object.values(BACKENDS).map(({ name }) => ({
    backend: name,
    key_id: KEY_ID,
    kek: fakeKek(name, KEY_ID).toString('hex'),
  }));
  return { description: DESCRIPTION, keys, cases: [...accepts, ...rejectedEnvelopes(accepts)] };
}

/** The text of envelopes.json: one case a line, ASCII only, so that a change shows as the lines it touches. */
export function formatEnvelopeVectors({ description, keys, cases }: EnvelopeVectorFile): string {
  const lines = (items: readonly unknown[]) => items.map((item) => `    ${toAscii(item)}`).join(',\n');
  return `{
  "description": ${toAscii(description)},
  "keys": [
${lines(keys)}
  ],
  "cases": [
${lines(cases)}
  ]
}
`;
}

function toAscii(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

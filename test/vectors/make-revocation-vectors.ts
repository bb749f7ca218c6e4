import { acceptedLists } from './revocations/accepts.js';
import { orderedRejects, rejectedLists } from './revocations/rejects.js';
import type { ListVectorFile } from './revocations/types.js';
import { SHARED_KEYS } from './tokens/keys.js';

const DESCRIPTION =
  'Signed lists of revocations and the one verdict that each SDK must give; and whether an accepted list takes a token ' +
  'back. Made by make-revocation-vectors.ts. README.md beside this file lists the checks and their order.';

/** All vectors of lists. Nothing in them depends on the clock, on randomness or on the machine. */
export const makeRevocationVectors = (): ListVectorFile => ({
  description: DESCRIPTION,
  keys: { keys: SHARED_KEYS },
  cases: [...acceptedLists(), ...rejectedLists(), ...orderedRejects()],
});

/** The text of revocations.json: one case a line, so that a change shows as the lines it touches. */
export function formatRevocationVectors({ description, keys, cases }: ListVectorFile): string {
  const lines = (items: readonly unknown[]) => items.map((item) => `    ${JSON.stringify(item)}`).join(',\n');
  return `{
  "description": ${JSON.stringify(description)},
  "keys": { "keys": [
${lines(keys.keys)}
  ] },
  "cases": [
${lines(cases)}
  ]
}
`;
}

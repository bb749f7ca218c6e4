import { acceptedStreams } from './streams/accepts.js';
import { DATA_KEYS } from './streams/data-keys.js';
import { rejectedStreams } from './streams/rejects.js';
import type { StreamVectorFile } from './streams/types.js';

const DESCRIPTION =
  'Sealed streams of sdk/kkp/FORMAT.md and the one verdict on each. Made by make-stream-vectors.ts with fixed randomness. ' +
  'Opening an envelope is a stand-in: data_keys says what each envelope gives, and any other one is refused.';

/** All stream vectors. Nothing in them depends on the clock, on randomness or on the machine. */
export function makeStreamVectors(): StreamVectorFile {
  const accepts = acceptedStreams();
  return {
    description: DESCRIPTION,
    data_keys: Object.values(DATA_KEYS),
    cases: [...accepts, ...rejectedStreams(accepts)],
  };
}

/** The text of streams.json: one case a line, ASCII only, so that a change shows as the lines it touches. */
export function formatStreamVectors({ description, data_keys, cases }: StreamVectorFile): string {
  const lines = (items: readonly unknown[]) => items.map((item) => `    ${toAscii(item)}`).join(',\n');
  return `{
  "description": ${toAscii(description)},
  "data_keys": [
${lines(data_keys)}
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

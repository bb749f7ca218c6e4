import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Host } from 'kkp-plugin-kit';
import { openBox, sealBox, type Binding } from './box.js';
import { refuse } from './errors.js';
import type { Key } from './key.js';

/*
 * The file of a key: format (1 byte), box. In the box: one line of JSON (state, versions and their times), then the material
 * of the versions, 32 bytes each, in the same order. Bound to it: format, name of the key, revision of the file. So a
 * file that was changed, or has the name of another key or of another revision, does not open.
 */
const FORMAT = 1;
const MATERIAL_BYTES = 32;
const LINE_FEED = 0x0a;

/** Room for 1000 versions. */
export const MAX_RECORD_BYTES = 256 * 1024;

/** Where a record belongs. */
interface RecordPlace {
  readonly name: string;
  readonly revision: number;
}

type Line = Pick<Key, 'state' | 'latest' | 'minVersion'> & {
  readonly versions: readonly (readonly [version: number, createdAt: number])[];
};

export function encodeRecord(
  key: Key,
  place: RecordPlace,
  storeKey: KeyObject,
  random: Host['random'],
): Uint8Array {
  const { state, latest, minVersion, versions } = key;
  const line: Line = {
    state,
    latest,
    minVersion,
    versions: versions.map(({ version, createdAt }) => [version, createdAt]),
  };
  const content = Buffer.concat([
    Buffer.from(`${JSON.stringify(line)}\n`),
    ...versions.map(({ material }) => material.export()),
  ]);
  try {
    return Buffer.concat([Uint8Array.of(FORMAT), sealBox(storeKey, content, bindingOf(place), random)]);
  } finally {
    content.fill(0);
  }
}

/** @throws KmsError `record-damaged` */
export function decodeRecord(bytes: Uint8Array, place: RecordPlace, storeKey: KeyObject): Key {
  const content = bytes[0] === FORMAT ? openBox(storeKey, bytes.subarray(1), bindingOf(place)) : undefined;
  if (!content) throw refuse('record-damaged');
  try {
    // What opens was written by `encodeRecord`, and is not checked again.
    const end = content.indexOf(LINE_FEED);
    const line = JSON.parse(Buffer.from(content.subarray(0, end)).toString()) as Line;
    const materials = content.subarray(end + 1);
    const versions = line.versions.map(([version, createdAt], index) => ({
      version,
      createdAt,
      material: createSecretKey(materials.subarray(index * MATERIAL_BYTES, (index + 1) * MATERIAL_BYTES)),
    }));
    return { ...line, versions };
  } finally {
    content.fill(0);
  }
}

function bindingOf({ name, revision }: RecordPlace): Binding {
  return { purpose: 'key', parts: [Uint8Array.of(FORMAT), name, String(revision)] };
}

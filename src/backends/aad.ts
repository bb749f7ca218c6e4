import type { BoundAad, EncryptionContext } from 'kkp-plugin-kit';
import { KkpError } from '../errors.js';

const FORMAT = 0x01;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Largest canonical AAD in bytes. */
export const MAX_AAD_BYTES = 1024 * 1024;

/**
 * The canonical bytes of a context: format byte 0x01, number of pairs, then the pairs in the order of their keys'
 * UTF-8 bytes; each string is its length in bytes followed by its UTF-8 bytes. Numbers are 32 bits, big-endian.
 * The lengths matter: without them `{a: 'bc'}` and `{ab: 'c'}` would be the same.
 *
 * @throws KkpError `invalid_request` for text that is not well-formed Unicode, or more than `MAX_AAD_BYTES`
 */
export function canonicalAad(map: EncryptionContext): Buffer {
  const pairs = Object.entries(map)
    .map(([key, value]) => ({ key: utf8(key), value: utf8(value) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const strings = pairs.flatMap(({ key, value }) => [uint32(key.length), key, uint32(value.length), value]);
  const bytes = Buffer.concat([Buffer.of(FORMAT), uint32(pairs.length), ...strings]);
  if (bytes.length > MAX_AAD_BYTES) {
    throw new KkpError(
      'invalid_request',
      `The associated data is too large: at most ${MAX_AAD_BYTES} bytes.`,
    );
  }
  return bytes;
}

/** A context in both forms that key services take. The map is a copy: later changes to `map` do not reach it. */
export function bindAad(map: EncryptionContext): BoundAad {
  const copy = Object.freeze({ ...map });
  return { map: copy, bytes: canonicalAad(copy) };
}

function utf8(text: string): Buffer {
  // Buffer.from would turn every lone surrogate into U+FFFD: two different contexts, the same bytes.
  if (LONE_SURROGATE.test(text)) {
    throw new KkpError('invalid_request', 'The text is not well-formed Unicode: it has a lone surrogate.');
  }
  return Buffer.from(text, 'utf8');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

import type { Mechanism } from './mechanism.js';

/**
 * A blob, of which only the ciphertext comes from the module:
 *
 *     1 byte   format: 1 for CKM_AES_GCM, 2 for CKM_AES_KEY_WRAP_PAD
 *     4 bytes  version of the key, big-endian, counted from 1
 *     12 bytes IV                         } format 1
 *     rest     ciphertext and 16-byte tag }
 *     rest     wrapped key                  format 2
 *
 * The header needs no authentication of its own: another version is another key, under which nothing opens.
 */
interface Blob {
  readonly version: number;
  /** Empty for `CKM_AES_KEY_WRAP_PAD`. */
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 5;
const FORMATS = {
  CKM_AES_GCM: { format: 1, ivBytes: IV_BYTES, least: TAG_BYTES + 1 },
  CKM_AES_KEY_WRAP_PAD: { format: 2, ivBytes: 0, least: 32 },
} as const satisfies Record<Mechanism, unknown>;

export function encodeBlob(mechanism: Mechanism, { version, iv, ciphertext }: Blob): Uint8Array {
  const blob = new Uint8Array(HEADER_BYTES + iv.length + ciphertext.length);
  blob[0] = FORMATS[mechanism].format;
  new DataView(blob.buffer).setUint32(1, version);
  blob.set(iv, HEADER_BYTES);
  blob.set(ciphertext, HEADER_BYTES + iv.length);
  return blob;
}

/** Undefined when this is no blob of that mechanism. */
export function decodeBlob(mechanism: Mechanism, blob: Uint8Array): Blob | undefined {
  const { format, ivBytes, least } = FORMATS[mechanism];
  if (blob.length < HEADER_BYTES + ivBytes + least || blob[0] !== format) return undefined;
  const version = new DataView(blob.buffer, blob.byteOffset).getUint32(1);
  if (version === 0) return undefined;
  const body = blob.subarray(HEADER_BYTES);
  return { version, iv: body.subarray(0, ivBytes), ciphertext: body.subarray(ivBytes) };
}

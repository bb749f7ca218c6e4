import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

/*
 * A blob: format (1 byte), tag of the key id (8), version (4, big-endian), nonce (12),
 * ciphertext, GCM tag (16). All that precedes the nonce is authenticated.
 */
const CIPHER = 'aes-256-gcm';
const FORMAT = 1;
const KEY_TAG_BYTES = 8;
const HEADER_BYTES = 1 + KEY_TAG_BYTES + 4;
const TAG_BYTES = 16;

export const NONCE_BYTES = 12;

/** What a blob says of itself, in clear. */
interface BlobHeader {
  readonly keyId: string;
  /** Counted from 1. */
  readonly version: number;
}

interface Seal {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly bound: Uint8Array;
}

export function seal(header: BlobHeader, plaintext: Uint8Array, { key, nonce, bound }: Seal): Uint8Array {
  const head = encodeHeader(header);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.concat([head, bound]));
  const sealed = [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
  return Uint8Array.from(Buffer.concat([head, nonce, ...sealed]));
}

/** The version that the blob names, `other-key` when another key made it, or undefined when it is no blob at all. */
export function readVersion(blob: Uint8Array, keyId: string): number | 'other-key' | undefined {
  if (blob.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || blob[0] !== FORMAT) return undefined;
  const head = Buffer.from(blob.subarray(0, HEADER_BYTES));
  if (!head.subarray(1, 1 + KEY_TAG_BYTES).equals(keyTag(keyId))) return 'other-key';
  return head.readUInt32BE(1 + KEY_TAG_BYTES);
}

/** A fresh copy of the plaintext, or undefined when the blob does not open. */
export function open(blob: Uint8Array, { key, bound }: Omit<Seal, 'nonce'>): Uint8Array | undefined {
  const head = blob.subarray(0, HEADER_BYTES);
  const nonce = blob.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.concat([head, bound]))
    .setAuthTag(blob.subarray(-TAG_BYTES));
  const plaintext = decipher.update(blob.subarray(HEADER_BYTES + NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
    return Uint8Array.from(plaintext);
  } catch {
    return undefined;
  } finally {
    plaintext.fill(0);
  }
}

function encodeHeader({ keyId, version }: BlobHeader): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt8(FORMAT);
  keyTag(keyId).copy(head, 1);
  head.writeUInt32BE(version, 1 + KEY_TAG_BYTES);
  return head;
}

function keyTag(keyId: string): Buffer {
  return createHash('sha256').update(keyId).digest().subarray(0, KEY_TAG_BYTES);
}

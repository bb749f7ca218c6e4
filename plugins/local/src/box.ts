import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject } from 'node:crypto';
import type { Host } from 'kkp-plugin-kit';

/*
 * A box: salt (32 bytes), nonce (12), ciphertext, GCM tag (16). Each box has a key of its own, HKDF-SHA-256 (RFC 5869) of the
 * long-lived key with the random salt, so that no key comes near the 2^32 messages that AES-GCM allows with random nonces
 * (NIST SP 800-38D, 8.3). The AWS Encryption SDK derives its message keys from a random message id in the same way.
 */
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = SALT_BYTES + NONCE_BYTES;

/** What a box adds to its content, in bytes. */
export const BOX_BYTES = HEAD_BYTES + TAG_BYTES;

/** What a box is for. It opens only where all of it is the same again. */
export interface Binding {
  /** Tells the uses of one key apart: HKDF's info. */
  readonly purpose: string;
  /** Authenticated, in this order; a part more or less is another binding. */
  readonly parts: readonly (string | Uint8Array)[];
}

export function sealBox(
  key: KeyObject,
  content: Uint8Array,
  binding: Binding,
  random: Host['random'],
): Buffer {
  const salt = random.bytes(SALT_BYTES);
  const nonce = random.bytes(NONCE_BYTES);
  return withBoxKey(key, salt, binding, (boxKey) => {
    const cipher = createCipheriv(CIPHER, boxKey, nonce, { authTagLength: TAG_BYTES }).setAAD(frame(binding));
    const sealed = [cipher.update(content), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat([salt, nonce, ...sealed]);
  });
}

/** A fresh copy of the content, or undefined when the box does not open. */
export function openBox(key: KeyObject, box: Uint8Array, binding: Binding): Uint8Array | undefined {
  if (box.length < BOX_BYTES) return undefined;
  return withBoxKey(key, box.subarray(0, SALT_BYTES), binding, (boxKey) => {
    const nonce = box.subarray(SALT_BYTES, HEAD_BYTES);
    const decipher = createDecipheriv(CIPHER, boxKey, nonce, { authTagLength: TAG_BYTES })
      .setAAD(frame(binding))
      .setAuthTag(box.subarray(-TAG_BYTES));
    const content = decipher.update(box.subarray(HEAD_BYTES, -TAG_BYTES));
    try {
      decipher.final();
      return Uint8Array.from(content);
    } catch {
      return undefined;
    } finally {
      content.fill(0);
    }
  });
}

function withBoxKey<T>(
  key: KeyObject,
  salt: Uint8Array,
  { purpose }: Binding,
  use: (boxKey: Buffer) => T,
): T {
  const boxKey = Buffer.from(hkdfSync('sha256', key, salt, `kkp-plugin-local ${purpose}`, KEY_BYTES));
  try {
    return use(boxKey);
  } finally {
    boxKey.fill(0);
  }
}

/** Each part with its length in front, so that no two bindings have the same bytes. */
function frame({ parts }: Binding): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as Uint8Array);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

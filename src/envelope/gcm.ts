import { createCipheriv, createDecipheriv } from 'node:crypto';
import { zero } from '../backends/index.js';

const ALGORITHM = 'aes-256-gcm';

export const KEY_BYTES = 32;
/** The one length for which AES-GCM uses the nonce as it is (SP 800-38D section 8.2). */
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** AES-256-GCM. Answers the ciphertext followed by its 16-byte tag. */
export function seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The inverse of `seal`. Nothing of the plaintext gets out unless the tag fits. @throws Error otherwise */
export function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer {
  const end = sealed.length - TAG_BYTES;
  if (end < 0 || nonce.length !== NONCE_BYTES)
    throw new Error('A sealed text has a 12-byte nonce and a tag.');
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
    return plaintext;
  } catch (error) {
    zero(plaintext);
    throw error;
  }
}

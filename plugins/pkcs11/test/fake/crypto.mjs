import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CKM, ckr } from './names.mjs';

const TAG = 16;
const WRAP_IV = Buffer.from('A65959A6', 'hex');

/** CK_GCM_PARAMS with ulIvBits, as pkcs11js' parameter type 7 makes it. */
export function checkGcm({ mechanism, parameter }) {
  if (mechanism !== CKM.AES_GCM) throw ckr('MECHANISM_INVALID');
  const { type, iv, ivBits, tagBits } = parameter;
  if (type !== 7 || ivBits !== iv.length * 8 || tagBits !== 128) throw ckr('ARGUMENTS_BAD');
}

export function gcmEncrypt(key, { iv, aad }, plaintext, quirks) {
  // AWS CloudHSM: "the buffer must be zeroed", and the HSM writes its own IV there.
  if (quirks.includes('module-iv')) {
    if (iv.some((byte) => byte !== 0)) throw ckr('MECHANISM_PARAM_INVALID');
    if (!quirks.includes('forgets-iv')) randomBytes(iv.length).copy(iv);
  }
  const cipher = createCipheriv(`aes-${key.length * 8}-gcm`, key, iv).setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** SoftHSM 2.6.1 answers CKR_GENERAL_ERROR to a wrong tag and to a ciphertext shorter than one. */
export function gcmDecrypt(key, { iv, aad }, ciphertext) {
  try {
    const at = ciphertext.length - TAG;
    const decipher = createDecipheriv(`aes-${key.length * 8}-gcm`, key, iv).setAAD(aad);
    decipher.setAuthTag(ciphertext.subarray(at));
    return Buffer.concat([decipher.update(ciphertext.subarray(0, at)), decipher.final()]);
  } catch {
    throw ckr('GENERAL_ERROR');
  }
}

export function wrapPad(key, value) {
  const cipher = createCipheriv(`id-aes${key.length * 8}-wrap-pad`, key, WRAP_IV);
  return Buffer.concat([cipher.update(value), cipher.final()]);
}

/** SoftHSM 2.6.1 gives a key back with its padding: 24 bytes for 17. */
export function unwrapPad(key, wrapped) {
  if (wrapped.length < 16 || wrapped.length % 8 !== 0) throw ckr('WRAPPED_KEY_LEN_RANGE');
  try {
    const decipher = createDecipheriv(`id-aes${key.length * 8}-wrap-pad`, key, WRAP_IV);
    const value = Buffer.concat([decipher.update(wrapped), decipher.final()]);
    return Buffer.concat([value, Buffer.alloc((8 - (value.length % 8)) % 8)]);
  } catch {
    throw ckr('GENERAL_ERROR');
  }
}

/** Objects of the fake token: what `C_FindObjects` and `C_GetAttributeValue` of SoftHSM 2.6.1 through pkcs11js 2.1.7 say. */
import { CKA, CKK, CKO, ckr } from './names.mjs';

const BOOLEANS = {
  [CKA.ENCRYPT]: 'encrypt',
  [CKA.DECRYPT]: 'decrypt',
  [CKA.WRAP]: 'wrap',
  [CKA.UNWRAP]: 'unwrap',
};

export function matches(key, template) {
  return template.every(({ type, value }) => {
    if (type === CKA.CLASS) return value === CKO.SECRET_KEY;
    if (type === CKA.TOKEN) return value === true;
    if (type === CKA.LABEL) return value === key.label;
    throw ckr('ATTRIBUTE_TYPE_INVALID');
  });
}

export function attribute(key, type, quirks) {
  if (type in BOOLEANS) return Buffer.from([key[BOOLEANS[type]] ? 1 : 0]);
  if (type === CKA.ID) return Buffer.from(key.id, 'hex');
  if (type === CKA.KEY_TYPE) return ulong(CKK[key.type ?? 'AES']);
  if (type === CKA.START_DATE) return date(key.start, type, quirks);
  if (type === CKA.END_DATE) return date(key.end, type, quirks);
  if (type === CKA.VALUE) throw ckr('ATTRIBUTE_SENSITIVE');
  throw ckr('ATTRIBUTE_TYPE_INVALID');
}

/** pkcs11js: processing of CKA_START_DATE and CKA_END_DATE in C_GetAttributeValue, src/pkcs11.cpp. */
function date(text = '', type, quirks) {
  if (quirks.includes('no-dates')) throw ckr('ATTRIBUTE_TYPE_INVALID');
  if (text === '') {
    throw new TypeError(`Attribute 0x00000${type.toString(16)} has wrong length. Should be 8, but is 0`);
  }
  // SoftHSM 2.6.1 keeps dates of private objects so that it cannot read them back.
  if (quirks.includes('dates-unreadable')) throw ckr('GENERAL_ERROR');
  return Buffer.from(text);
}

export function ulong(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

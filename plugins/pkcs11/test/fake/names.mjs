/** Numbers of PKCS#11 2.40 (pkcs11t.h of OASIS), written down apart from the plugin's own. */
export const CKA = {
  CLASS: 0x0,
  TOKEN: 0x1,
  LABEL: 0x3,
  VALUE: 0x11,
  KEY_TYPE: 0x100,
  ID: 0x102,
  ENCRYPT: 0x104,
  DECRYPT: 0x105,
  WRAP: 0x106,
  UNWRAP: 0x107,
  START_DATE: 0x110,
  END_DATE: 0x111,
  EXTRACTABLE: 0x162,
};
export const CKO = { SECRET_KEY: 4 };
export const CKK = { AES: 0x1f, DES3: 0x15, GENERIC_SECRET: 0x10 };
export const CKM = { AES_GCM: 0x1087, AES_KEY_WRAP_PAD: 0x210a };
export const CKF = {
  OS_LOCKING_OK: 2,
  SERIAL_SESSION: 4,
  HW_SLOT: 4,
  PIN_FINAL_TRY: 0x20000,
  PIN_LOCKED: 0x40000,
};

/** As pkcs11js throws: the name is the whole message. */
export const ckr = (name) => Object.assign(new Error(`CKR_${name}`), { name: 'Pkcs11Error' });

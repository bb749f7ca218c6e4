import type { KmsCapabilities } from 'kkp-plugin-kit';

export const MECHANISMS = ['CKM_AES_GCM', 'CKM_AES_KEY_WRAP_PAD'] as const;

export type Mechanism = (typeof MECHANISMS)[number];

const COMMON = {
  maxPlaintextBytes: 4096,
  versions: 'in-blob',
  reportsVersionOnWrap: true,
  reportsVersionOnUnwrap: true,
  generateDataKey: false,
  rewrap: 'none',
} as const;

/** What the keys of a backend can do, by its mechanism. */
export const CAPABILITIES: Readonly<Record<Mechanism, KmsCapabilities>> = {
  CKM_AES_GCM: Object.freeze({ ...COMMON, aad: 'bytes', maxAadBytes: 64 * 1024, integrity: 'aead' }),
  CKM_AES_KEY_WRAP_PAD: Object.freeze({ ...COMMON, aad: 'none', integrity: 'wrap' }),
};

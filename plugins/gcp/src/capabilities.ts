import type { KmsCapabilities } from 'kkp-plugin-kit';

const COMMON = {
  aad: 'bytes',
  integrity: 'aead',
  versions: 'in-blob',
  reportsVersionOnWrap: true,
  // `DecryptResponse` says no more than `used_primary`.
  reportsVersionOnUnwrap: false,
  generateDataKey: false,
  rewrap: 'none',
} as const;

/**
 * Limits: cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt. A key in an HSM
 * takes 8 KiB of plaintext and AAD together: half of it for each, so that whatever is declared is taken.
 */
const SOFTWARE: KmsCapabilities = Object.freeze({
  ...COMMON,
  maxAadBytes: 65_536,
  maxPlaintextBytes: 65_536,
});
const HSM: KmsCapabilities = Object.freeze({ ...COMMON, maxAadBytes: 4096, maxPlaintextBytes: 4096 });

export const capabilitiesOf = (protection: 'software' | 'hsm'): KmsCapabilities =>
  protection === 'hsm' ? HSM : SOFTWARE;

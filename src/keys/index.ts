export { checkKeyTimes } from './check-key-times.js';
export { generateSigningKey, signingKey, thumbprint, type PublicJwk, type SigningKey } from './ed25519.js';
export { withKeyDefaults, type KeyTimes, type SigningKeyOptions } from './key-times.js';
export { KeysController } from './keys.controller.js';
export { JwkDto, JwksDto, RotatedKeyDto } from './keys.dto.js';
export { importPublicKeys, PublicKeyError } from './public-keys.js';
export type { ActiveKey, KeyState, Ring, RingKey } from './ring.js';
export { RotateKeys } from './rotate-keys.js';
export { RotationSchedule } from './rotation-schedule.js';
export { KeyRotation } from './rotation.js';
export {
  SigningKeys,
  type RingStatus,
  type RotatedKey,
  type RotationCause,
  type Signer,
} from './signing-keys.js';
export { SealedKeyStore } from './sealed-key-store.js';
export { MemoryKeyStore, type KeyStore, type RingSnapshot, type StoredRing } from './store.js';

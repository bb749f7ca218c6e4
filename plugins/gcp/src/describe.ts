import type { KeyDescription } from 'kkp-plugin-kit';
import type { CryptoKey } from './client.js';
import { refuse } from './errors.js';
import { label } from './failure.js';

/** `CryptoKeyVersionState` in google/cloud/kms/v1/resources.proto; versions that never had material are `unknown`. */
const STATES: ReadonlyMap<unknown, KeyDescription['state']> = new Map([
  ['ENABLED', 'enabled'],
  ['DISABLED', 'disabled'],
  ['DESTROY_SCHEDULED', 'pending-deletion'],
  ['DESTROYED', 'destroyed'],
  ['PENDING_EXTERNAL_DESTRUCTION', 'destroyed'],
  ['EXTERNAL_DESTRUCTION_FAILED', 'destroyed'],
]);

/** `ProtectionLevel` in the same file. */
const PROTECTIONS: ReadonlyMap<unknown, KeyDescription['protection']> = new Map([
  ['SOFTWARE', 'software'],
  ['HSM', 'hsm'],
  ['HSM_SINGLE_TENANT', 'hsm'],
  ['EXTERNAL', 'external'],
  ['EXTERNAL_VPC', 'external'],
]);

/**
 * A key has the state of its primary version, the one that wraps; without a primary it wraps nothing.
 *
 * @throws KmsError `unsupported` for a key of another purpose
 */
export function describe(keyId: string, { purpose, primary }: CryptoKey): KeyDescription {
  if (purpose !== 'ENCRYPT_DECRYPT') {
    throw refuse('unsupported', 'The purpose of the key is not ENCRYPT_DECRYPT.');
  }
  if (!primary) return { key: { keyId }, state: 'disabled', alg: UNTOLD, protection: 'unknown' };
  return {
    key: { keyId, version: primary.version },
    state: STATES.get(primary.state) ?? 'unknown',
    alg: label(primary.algorithm) ?? UNTOLD,
    protection: PROTECTIONS.get(primary.protectionLevel) ?? 'unknown',
  };
}

const UNTOLD = 'CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED';

import type { DescribeKeyCommandOutput } from '@aws-sdk/client-kms';
import {
  KmsError,
  type KeyDescription,
  type KeyPin,
  type KmsErrorCode,
  type WrappedKey,
} from 'kkp-plugin-kit';
import { doesNotOpen } from './errors.js';
import { isAnswerOf, type Home } from './key-ids.js';

/** The one algorithm of symmetric keys. */
const ALGORITHM = 'SYMMETRIC_DEFAULT';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html: KeyMaterialId, 64 of a-f and 0-9. */
const MATERIAL_ID = /^[0-9a-f]{64}$/;

type KeyMetadata = NonNullable<DescribeKeyCommandOutput['KeyMetadata']>;

/** https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
const STATES: Readonly<Record<string, KeyDescription['state']>> = {
  Enabled: 'enabled',
  Disabled: 'disabled',
  PendingImport: 'disabled',
  PendingDeletion: 'pending-deletion',
  PendingReplicaDeletion: 'pending-deletion',
};

/** A blob of another algorithm is none that this backend made. */
export function expectAlgorithm({ alg }: WrappedKey): void {
  if (alg !== ALGORITHM) throw doesNotOpen();
}

/** The key's ARN out of an answer, when it is the key that was sent. */
export function expectKey(
  sent: string,
  arn: string | undefined,
  home: Home,
  otherwise: KmsErrorCode,
): string {
  if (arn === undefined) throw malformed('KeyId');
  if (isAnswerOf(sent, arn, home)) return arn;
  throw new KmsError(otherwise, 'AWS KMS answered from another key than the one asked for.');
}

/** A copy that no pool shares; the SDK's is cleared. */
export function takeBytes(bytes: Uint8Array | undefined, member: string): Uint8Array {
  if (bytes === undefined || bytes.length === 0) throw malformed(member);
  const copy = Uint8Array.from(bytes);
  bytes.fill(0);
  return copy;
}

/** A label out of an answer; undefined when there is none that KMS could have made. */
export function materialId(label: string | undefined): string | undefined {
  return label !== undefined && MATERIAL_ID.test(label) ? label : undefined;
}

export function pinOf(keyId: string, version: string | undefined): KeyPin {
  return version === undefined ? { keyId } : { keyId, version };
}

export function wrappedAs(blob: Uint8Array, key: KeyPin): WrappedKey {
  return { blob, alg: ALGORITHM, key };
}

export function describe(keyId: string, metadata: KeyMetadata): KeyDescription {
  const { KeyState, Origin, EncryptionAlgorithms, KeySpec, CurrentKeyMaterialId } = metadata;
  const state = KeyState !== undefined && Object.hasOwn(STATES, KeyState) ? STATES[KeyState] : undefined;
  return {
    key: pinOf(keyId, materialId(CurrentKeyMaterialId)),
    state: state ?? 'unknown',
    alg: EncryptionAlgorithms?.[0] ?? KeySpec ?? 'unknown',
    // All others are kept in the HSMs of KMS, or of CloudHSM.
    protection: Origin === 'EXTERNAL_KEY_STORE' ? 'external' : 'hsm',
  };
}

export function malformed(member: string): KmsError {
  return new KmsError('unavailable', `AWS KMS gave an answer with a wrong "${member}".`);
}

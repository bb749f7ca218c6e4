import type { Deviation } from './conformance.js';

const noMaterial = {
  what: 'neither Encrypt nor Decrypt tells a KeyMaterialId, though DescribeKey and rotation do',
  source: 'localstack/services/kms/provider.py: KmsProvider.encrypt, KmsProvider.decrypt',
};

/** By the id of the rule. Sources: files and functions of localstack 4.14.0. */
export const LOCALSTACK_DEVIATIONS: Readonly<Record<string, Deviation>> = {
  'aad-bound': {
    what: "the pairs of a context are joined without separators: {a: 'bc'} and {ab: 'c'} are the same",
    source: 'localstack/services/kms/models.py: _serialize_encryption_context',
  },
  'data-key-opens': {
    what: 'a data key has 32 bytes, whichever KeySpec or NumberOfBytes was asked for',
    source: 'localstack/services/kms/provider.py: KmsProvider._generate_data_key',
    refusedAs: 'unavailable',
  },
  'rotation-is-told': noMaterial,
  'unwrap-names-key': noMaterial,
};

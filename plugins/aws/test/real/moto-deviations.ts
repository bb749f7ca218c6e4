import type { Deviation } from './conformance.js';

const anotherKey = {
  what: "another key's blob is refused with AccessDeniedException, not with IncorrectKeyException",
  source: 'moto/kms/models.py: KmsBackend.decrypt',
};
const anotherKeyId = {
  what: 'a blob whose key id is changed is refused with AccessDeniedException, not with InvalidCiphertextException',
  source: 'moto/kms/utils.py: decrypt',
};
const noMaterial = {
  what: 'no answer has a KeyMaterialId, and RotateKeyOnDemand keeps the material',
  source: 'moto/kms/responses.py: encrypt, decrypt; moto/kms/models.py: rotate_key_on_demand',
};
const noState = {
  what: 'a key that is disabled or pending deletion still encrypts and decrypts',
  source: 'moto/kms/models.py: KmsBackend.encrypt, KmsBackend.decrypt; moto/kms/utils.py: encrypt, decrypt',
};

/** By the id of the rule. Sources: files and functions of getmoto/moto 5.2.5. */
export const MOTO_DEVIATIONS: Readonly<Record<string, Deviation>> = {
  'other-key-refused': anotherKey,
  'pin-not-trusted': anotherKey,
  'tampered-blob': anotherKeyId,
  'resized-blob': { ...anotherKeyId, sometimes: true },
  'aad-bound': {
    what: "the pairs of a context are joined without separators: {a: 'bc'} and {ab: 'c'} are the same",
    source: 'moto/kms/utils.py: _serialize_encryption_context',
  },
  'unwrap-names-key': noMaterial,
  'rotation-is-told': noMaterial,
  'disabled-key-opens-nothing': noState,
  'disabled-key-wraps-nothing': noState,
  'deleted-key-refused': noState,
};

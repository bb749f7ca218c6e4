import { faultOf, providerError } from '../errors.js';
import { readPlainName, type Emulation } from './emulation.js';

const MAX_BYTES = 65_536;
const CRYPTO_KEY =
  /^(projects\/[a-z0-9:.-]+\/locations\/[a-z0-9-]+\/keyRings\/[\w-]{1,63}\/cryptoKeys\/[\w-]{1,63})(?:\/cryptoKeyVersions\/([1-9]\d{0,8}))?$/;
const BEGINS_OWN_FORM = /^projects\//;

const doesNotOpen = faultOf(
  'invalid-ciphertext',
  'INVALID_ARGUMENT',
  "Decryption failed: verify that 'name' refers to the correct CryptoKey.",
);
const aadSize = faultOf('invalid-request', 'INVALID_ARGUMENT', `AAD has at most ${MAX_BYTES} bytes.`);

/** GCP Cloud KMS, software keys. Source: the Cloud KMS REST reference and google/cloud/kms/v1/service.proto. */
export const gcp: Emulation = {
  capabilities: Object.freeze({
    aad: 'bytes',
    maxAadBytes: MAX_BYTES,
    maxPlaintextBytes: MAX_BYTES,
    integrity: 'aead',
    versions: 'in-blob',
    reportsVersionOnWrap: true,
    // `DecryptResponse` says no more than `used_primary`.
    reportsVersionOnUnwrap: false,
    generateDataKey: false,
    rewrap: 'none',
  }),
  alg: 'GOOGLE_SYMMETRIC_ENCRYPTION',
  minPlaintextBytes: 0,
  deletedState: 'destroyed',

  readKeyId(ref) {
    const [, keyId, version] = CRYPTO_KEY.exec(ref) ?? [];
    if (keyId === undefined) return readPlainName(ref, BEGINS_OWN_FORM);
    return { keyId, ...(version && { version }) };
  },

  boundBytes(aad) {
    if (aad && aad.bytes.length > MAX_BYTES) throw providerError(aadSize);
    return aad?.bytes ?? new Uint8Array();
  },

  versionLabel: (_keyId, version) => String(version),

  faults: {
    'malformed-key-id': faultOf('invalid-request', 'INVALID_ARGUMENT', 'The resource name is malformed.'),
    'no-such-key': faultOf('not-found', 'NOT_FOUND', 'The CryptoKey or its version was not found.'),
    'key-disabled': faultOf('disabled-key', 'FAILED_PRECONDITION', 'The CryptoKeyVersion is DISABLED.'),
    'key-deleted': faultOf('disabled-key', 'FAILED_PRECONDITION', 'The CryptoKeyVersion is DESTROYED.'),
    'plaintext-size': faultOf(
      'invalid-request',
      'INVALID_ARGUMENT',
      `A plaintext has at most ${MAX_BYTES} bytes.`,
    ),
    'blob-of-another-key': doesNotOpen,
    'blob-does-not-open': doesNotOpen,
  },
};

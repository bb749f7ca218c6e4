import { createHash } from 'node:crypto';
import { faultOf, providerError } from '../errors.js';
import { readPlainName, type Emulation } from './emulation.js';

/** What RSA-OAEP-256 leaves of a 2048-bit modulus. */
const MAX_BYTES = 190;
const KEY_URL =
  /^(https:\/\/[a-z0-9-]{3,24}\.vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)\/keys\/[a-z0-9-]{1,127})(?:\/([0-9a-f]{32}))?$/i;
const BEGINS_OWN_FORM = /^https?:/i;

const aadUnsupported = faultOf('unsupported', 'BadParameter', 'The key takes no AAD.');
const doesNotOpen = faultOf(
  'invalid-ciphertext',
  'BadParameter',
  'Error occurred while decoding OAEP padding.',
);

/** Azure Key Vault, RSA-2048 keys. Source: "About keys" of learn.microsoft.com/azure/key-vault. */
export const azure: Emulation = {
  capabilities: Object.freeze({
    aad: 'none',
    maxPlaintextBytes: MAX_BYTES,
    // Not `public-key` as in the real service: here nobody can make a blob without the key.
    integrity: 'wrap',
    versions: 'in-id',
    reportsVersionOnWrap: true,
    reportsVersionOnUnwrap: true,
    generateDataKey: false,
    rewrap: 'none',
  }),
  alg: 'RSA-OAEP-256',
  minPlaintextBytes: 1,
  deletedState: 'gone',

  /** `https://{vault}/keys/{name}[/{version}]`; vault and name have no case. */
  readKeyId(ref) {
    const [, keyId, version] = KEY_URL.exec(ref) ?? [];
    if (keyId === undefined) return readPlainName(ref, BEGINS_OWN_FORM);
    return { keyId: keyId.toLowerCase(), ...(version && { version: version.toLowerCase() }) };
  },

  boundBytes(aad) {
    if (aad) throw providerError(aadUnsupported);
    return new Uint8Array();
  },

  /** As the last segment of a key's URL: 32 hex digits that show no order. */
  versionLabel: (keyId, version) =>
    createHash('sha256')
      .update(JSON.stringify([keyId, version]))
      .digest('hex')
      .slice(0, 32),

  faults: {
    'malformed-key-id': faultOf('invalid-request', 'BadParameter', 'The key id is malformed.'),
    'no-such-key': faultOf(
      'not-found',
      'KeyNotFound',
      'The key, or its version, was not found in this vault.',
    ),
    'key-disabled': faultOf('disabled-key', 'KeyDisabled', 'The operation is not allowed on a disabled key.'),
    'key-deleted': faultOf(
      'not-found',
      'KeyNotFound',
      'The key, or its version, was not found in this vault.',
    ),
    'plaintext-size': faultOf('invalid-request', 'BadParameter', `A plaintext has 1 to ${MAX_BYTES} bytes.`),
    'blob-of-another-key': doesNotOpen,
    'blob-does-not-open': doesNotOpen,
  },
};

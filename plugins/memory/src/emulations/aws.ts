import { createHash } from 'node:crypto';
import { faultOf } from '../errors.js';
import { readPlainName, type Emulation } from './emulation.js';

const ACCOUNT = 'arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}';
const HOME = 'arn:aws:kms:us-east-1:000000000000';
const ID = '(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})';
const KEY_ID = new RegExp(`^${ID}$`);
const KEY_ARN = new RegExp(`^${ACCOUNT}:key/${ID}$`);
const ALIAS = new RegExp(`^(?:(?<account>${ACCOUNT}):)?(?<alias>alias/[A-Za-z0-9/_-]{1,250})$`);
const BEGINS_OWN_FORM = /^(?:arn:|alias\/|mrk-)/;

/** AWS KMS, symmetric keys. Source: the KMS API reference and the types of @aws-sdk/client-kms. */
export const aws: Emulation = {
  capabilities: Object.freeze({
    aad: 'map',
    maxPlaintextBytes: 4096,
    integrity: 'aead',
    versions: 'opaque',
    // `EncryptResponse` has no `KeyMaterialId`; the answers of GenerateDataKey, ReEncrypt and Decrypt have.
    reportsVersionOnWrap: false,
    reportsVersionOnUnwrap: true,
    generateDataKey: true,
    rewrap: 'full',
  }),
  alg: 'SYMMETRIC_DEFAULT',
  minPlaintextBytes: 1,
  deletedState: 'pending-deletion',

  /** Key id, key ARN, alias name, alias ARN. Answers carry the key ARN, never the alias. */
  readKeyId(ref) {
    if (KEY_ARN.test(ref)) return { keyId: ref };
    if (KEY_ID.test(ref)) return { keyId: `${HOME}:key/${ref}` };
    const { account = HOME, alias } = ALIAS.exec(ref)?.groups ?? {};
    return alias ? { keyId: `${account}:key/${idBehind(alias)}` } : readPlainName(ref, BEGINS_OWN_FORM);
  },

  /** The encryption context: a map whose order does not matter. An empty one is none. */
  boundBytes(aad) {
    const pairs = Object.entries(aad?.map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return Buffer.from(pairs.length === 0 ? '' : JSON.stringify(pairs));
  },

  /** As a `KeyMaterialId`: 64 hex digits that show no order. */
  versionLabel: (keyId, version) => digest(JSON.stringify([keyId, version])),

  faults: {
    'malformed-key-id': faultOf('invalid-request', 'InvalidArnException', 'The key id is malformed.'),
    'no-such-key': faultOf('not-found', 'NotFoundException', 'The key does not exist.'),
    'key-disabled': faultOf('disabled-key', 'DisabledException', 'The key is disabled.'),
    'key-deleted': faultOf('disabled-key', 'KMSInvalidStateException', 'The key is pending deletion.'),
    'plaintext-size': faultOf('invalid-request', 'ValidationException', 'A plaintext has 1 to 4096 bytes.'),
    'blob-of-another-key': faultOf(
      'invalid-ciphertext',
      'IncorrectKeyException',
      'Another key made the blob.',
    ),
    'blob-does-not-open': faultOf(
      'invalid-ciphertext',
      'InvalidCiphertextException',
      'The blob does not open.',
    ),
  },
};

/** Any alias stands for a key of its own, always the same one. */
function idBehind(alias: string): string {
  const hex = digest(alias);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

import { randomBytes } from 'node:crypto';
import { open, readHead, seal, type Context, type Material } from './cipher.js';
import { expectUsable, type FakeKey, type FakeKeys } from './keys.js';
import { KmsFailure } from './kms-failure.js';

type Body = Readonly<Record<string, unknown>>;
export type Operation = (keys: FakeKeys, body: Body) => Body;

const ALG = 'SYMMETRIC_DEFAULT';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html: the answer has no KeyMaterialId. */
const Encrypt: Operation = (keys, body) => {
  const plaintext = readBytes(body.Plaintext, 'plaintext', 4096);
  const key = keyFor(keys, body, body.KeyId);
  endDryRun(body);
  const blob = seal(key.id, newest(key), plaintext, contextOf(body.EncryptionContext));
  return { CiphertextBlob: blob.toString('base64'), KeyId: key.arn, EncryptionAlgorithm: ALG };
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html */
const Decrypt: Operation = (keys, body) => {
  const { key, material, plaintext } = decrypt(keys, body, body.KeyId, body.EncryptionContext);
  return {
    KeyId: key.arn,
    Plaintext: plaintext.toString('base64'),
    EncryptionAlgorithm: ALG,
    KeyMaterialId: material.id,
  };
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html */
const GenerateDataKey: Operation = (keys, body) => {
  const { NumberOfBytes: size } = body;
  if (typeof size !== 'number' || size < 1 || size > 1024) throw validation('numberOfBytes');
  const key = keyFor(keys, body, body.KeyId);
  const plaintext = randomBytes(size);
  const blob = seal(key.id, newest(key), plaintext, contextOf(body.EncryptionContext));
  return {
    CiphertextBlob: blob.toString('base64'),
    Plaintext: plaintext.toString('base64'),
    KeyId: key.arn,
    KeyMaterialId: newest(key).id,
  };
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html */
const ReEncrypt: Operation = (keys, body) => {
  const source = decrypt(keys, body, body.SourceKeyId, body.SourceEncryptionContext);
  const to = keyFor(keys, body, body.DestinationKeyId);
  const blob = seal(to.id, newest(to), source.plaintext, contextOf(body.DestinationEncryptionContext));
  return {
    CiphertextBlob: blob.toString('base64'),
    SourceKeyId: source.key.arn,
    KeyId: to.arn,
    SourceEncryptionAlgorithm: ALG,
    DestinationEncryptionAlgorithm: ALG,
    SourceKeyMaterialId: source.material.id,
    DestinationKeyMaterialId: newest(to).id,
  };
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
const DescribeKey: Operation = (keys, body) => {
  const key = keys.get(body.KeyId);
  expectGrant(key, body);
  if (!key.describable) throw denied('kms:DescribeKey', key);
  return {
    KeyMetadata: {
      AWSAccountId: key.arn.split(':')[4],
      Arn: key.arn,
      KeyId: key.id,
      CreationDate: 1_700_000_000,
      Enabled: key.state === 'Enabled',
      KeyState: key.state,
      KeyUsage: key.usage,
      KeyManager: 'CUSTOMER',
      KeySpec: ALG,
      EncryptionAlgorithms: key.usage === 'ENCRYPT_DECRYPT' ? [ALG] : undefined,
      Origin: key.origin,
      MultiRegion: key.id.startsWith('mrk-'),
      // Present for symmetric keys of origin AWS_KMS or EXTERNAL.
      ...(key.origin === 'AWS_KMS' && { CurrentKeyMaterialId: newest(key).id }),
    },
  };
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html */
const ListKeys: Operation = (keys) => ({
  Keys: keys
    .all()
    .slice(0, 1)
    .map(({ arn, id }) => ({ KeyArn: arn, KeyId: id })),
  Truncated: keys.all().length > 1,
});

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  Encrypt,
  Decrypt,
  GenerateDataKey,
  ReEncrypt,
  DescribeKey,
  ListKeys,
};

function decrypt(keys: FakeKeys, body: Body, ref: unknown, context: unknown) {
  const blob = readBytes(body.CiphertextBlob, 'ciphertextBlob', 6144);
  const head = readHead(blob);
  // KeyId is optional for symmetric keys: KMS takes the key from the blob.
  const key = keyFor(keys, body, ref ?? head?.keyId);
  if (!head || !keys.all().some(({ id }) => id === head.keyId))
    throw new KmsFailure('InvalidCiphertextException');
  if (head.keyId !== key.id) {
    throw new KmsFailure(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  }
  const material = key.materials.find(({ id }) => id === head.materialId);
  const plaintext = material && open(blob, material.key, contextOf(context));
  if (!plaintext) throw new KmsFailure('InvalidCiphertextException');
  endDryRun(body);
  return { key, material, plaintext };
}

function keyFor(keys: FakeKeys, body: Body, ref: unknown): FakeKey {
  const key = keys.get(ref);
  expectGrant(key, body);
  expectUsable(key);
  return key;
}

/** developerguide/using-grant-token.html */
function expectGrant(key: FakeKey, { GrantTokens: tokens }: Body): void {
  if (key.grantToken === undefined) return;
  if (!Array.isArray(tokens) || !tokens.includes(key.grantToken)) throw denied('kms:*', key);
}

/** developerguide/testing-permissions.html: a dry run never succeeds. */
function endDryRun({ DryRun: dryRun }: Body): void {
  if (dryRun !== true) return;
  throw new KmsFailure(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun is set.',
  );
}

function denied(action: string, { arn }: FakeKey): KmsFailure {
  return new KmsFailure('AccessDeniedException', `User is not authorized to perform: ${action} on: ${arn}`);
}

function readBytes(value: unknown, member: string, max: number): Buffer {
  const bytes = Buffer.from(typeof value === 'string' ? value : '', 'base64');
  if (bytes.length < 1 || bytes.length > max) throw validation(member);
  return bytes;
}

function validation(member: string): KmsFailure {
  return new KmsFailure('ValidationException', `1 validation error detected: Value at '${member}' failed`);
}

function contextOf(value: unknown): Context {
  return value as Context;
}

function newest({ materials }: FakeKey): Material {
  return materials.at(-1)!;
}

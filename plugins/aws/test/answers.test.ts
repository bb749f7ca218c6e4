import type { KmsErrorCode } from 'kkp-plugin-kit';
import { FakeKms } from './fake/server.js';
import { call, callsOf, errorOf, open, SECRET, type Connection } from './support/connection.js';

type Name = keyof Awaited<ReturnType<typeof callsOf>>;
type Answer = Record<string, unknown>;

const service = await new FakeKms().start();
const key = service.keys.create();
const other = service.keys.create();
let connection: Connection;
let calls: Awaited<ReturnType<typeof callsOf>>;

beforeEach(async () => {
  connection = await open(service);
  calls = await callsOf(connection.backend, key.arn, other.arn);
});
afterEach(() => connection.backend.close());
afterAll(() => service.stop());

const set = (changes: Answer) => (answer: Answer) => ({ ...answer, ...changes });
const metadata = (changes: Answer) => (answer: Answer) => ({
  KeyMetadata: { ...(answer.KeyMetadata as Answer), ...changes },
});
const third = service.keys.create();
const abroad = key.arn.replace('eu-west-1', 'us-east-1');
const base64 = (length: number) => Buffer.alloc(length, 7).toString('base64');

describe('an answer of AWS KMS', () => {
  it.each<[Name, string, (answer: Answer) => Answer, KmsErrorCode]>([
    ['wrapKey', 'of another key', set({ KeyId: third.arn }), 'unavailable'],
    ['wrapKey', 'of the same id in another Region', set({ KeyId: abroad }), 'unavailable'],
    ['wrapKey', 'without a key', set({ KeyId: undefined }), 'unavailable'],
    ['wrapKey', 'without a blob', set({ CiphertextBlob: undefined }), 'unavailable'],
    ['wrapKey', 'with an empty blob', set({ CiphertextBlob: '' }), 'unavailable'],
    ['unwrapKey', 'of another key', set({ KeyId: third.arn }), 'invalid-ciphertext'],
    ['unwrapKey', 'of the same id in another Region', set({ KeyId: abroad }), 'invalid-ciphertext'],
    ['unwrapKey', 'that names no key ARN', set({ KeyId: 'alias/orders' }), 'invalid-ciphertext'],
    ['unwrapKey', 'without a key', set({ KeyId: undefined }), 'unavailable'],
    ['unwrapKey', 'without a plaintext', set({ Plaintext: undefined }), 'unavailable'],
    ['generateDataKey', 'of another key', set({ KeyId: third.arn }), 'unavailable'],
    ['generateDataKey', 'without a key', set({ KeyId: undefined }), 'unavailable'],
    ['generateDataKey', 'without a blob', set({ CiphertextBlob: undefined }), 'unavailable'],
    ['generateDataKey', 'without a plaintext', set({ Plaintext: undefined }), 'unavailable'],
    ['generateDataKey', 'with a short plaintext', set({ Plaintext: base64(31) }), 'unavailable'],
    ['generateDataKey', 'with a long plaintext', set({ Plaintext: base64(33) }), 'unavailable'],
    ['rewrap', 'from another key', set({ SourceKeyId: third.arn }), 'invalid-ciphertext'],
    ['rewrap', 'from no key', set({ SourceKeyId: undefined }), 'unavailable'],
    ['rewrap', 'to another key', set({ KeyId: key.arn }), 'unavailable'],
    ['rewrap', 'without a blob', set({ CiphertextBlob: undefined }), 'unavailable'],
    ['describeKey', 'of another key', metadata({ Arn: third.arn }), 'unavailable'],
    ['describeKey', 'without an ARN', metadata({ Arn: undefined }), 'unavailable'],
    ['describeKey', 'with an alias for an ARN', metadata({ Arn: 'alias/x' }), 'unavailable'],
    ['describeKey', 'with nothing', () => ({}), 'unavailable'],
  ])('to %s %s is refused', async (name, _what, edit, code) => {
    service.fail({ kind: 'edit', edit });
    expect((await errorOf(calls[name](call()))).code).toBe(code);
  });

  it.each([
    ['of the same id in another Region', abroad],
    ['of another key', third.arn],
  ])('for a key id, %s, is refused', async (_what, KeyId) => {
    service.fail({ kind: 'edit', edit: set({ KeyId }) });
    const attempt = connection.backend.generateDataKey({ keyId: key.id, bytes: 32 }, call());
    expect((await errorOf(attempt)).code).toBe('unavailable');
  });

  it.each([undefined, '', 'x', 'A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), `${'a'.repeat(63)}\n`])(
    'with the material id %j tells no version',
    async (KeyMaterialId) => {
      service.fail({ kind: 'edit', edit: set({ KeyMaterialId }) });
      expect((await connection.backend.generateDataKey({ keyId: key.arn, bytes: 16 }, call())).key).toEqual({
        keyId: key.arn,
      });
      service.fail({ kind: 'edit', edit: set({ KeyMaterialId }) });
      expect(await calls.unwrapKey(call())).toEqual({
        plaintext: expect.anything(),
        key: { keyId: key.arn },
      });
      service.fail({ kind: 'edit', edit: set({ DestinationKeyMaterialId: KeyMaterialId }) });
      expect((await calls.rewrap(call())).key).toEqual({ keyId: other.arn });
      service.fail({ kind: 'edit', edit: metadata({ CurrentKeyMaterialId: KeyMaterialId }) });
      expect(await connection.backend.describeKey(key.arn, call())).toMatchObject({
        key: { keyId: key.arn },
      });
    },
  );

  it.each([
    ['Enabled', 'enabled'],
    ['Disabled', 'disabled'],
    ['PendingImport', 'disabled'],
    ['PendingDeletion', 'pending-deletion'],
    ['PendingReplicaDeletion', 'pending-deletion'],
    ['Creating', 'unknown'],
    ['Updating', 'unknown'],
    ['Unavailable', 'unknown'],
    ['toString', 'unknown'],
    [undefined, 'unknown'],
  ])('with the key state %s is %s', async (KeyState, state) => {
    service.fail({ kind: 'edit', edit: metadata({ KeyState }) });
    expect((await connection.backend.describeKey(key.arn, call())).state).toBe(state);
  });

  it.each([
    ['AWS_KMS', 'hsm'],
    ['EXTERNAL', 'hsm'],
    ['AWS_CLOUDHSM', 'hsm'],
    ['EXTERNAL_KEY_STORE', 'external'],
  ])('with the origin %s is protected by %s', async (Origin, protection) => {
    service.fail({ kind: 'edit', edit: metadata({ Origin }) });
    expect((await connection.backend.describeKey(key.arn, call())).protection).toBe(protection);
  });

  it.each([
    [{ EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }, 'SYMMETRIC_DEFAULT'],
    [{ EncryptionAlgorithms: undefined, KeySpec: 'HMAC_256' }, 'HMAC_256'],
    [{ EncryptionAlgorithms: [], KeySpec: undefined }, 'unknown'],
  ])('with %j names the algorithm %s', async (changes, alg) => {
    service.fail({ kind: 'edit', edit: metadata(changes) });
    expect((await connection.backend.describeKey(key.arn, call())).alg).toBe(alg);
  });
});

describe('a key of AWS KMS', () => {
  it('that is no symmetric one is unsupported', async () => {
    const signing = service.keys.create();
    signing.usage = 'SIGN_VERIFY';
    const attempt = connection.backend.wrapKey({ keyId: signing.arn, plaintext: SECRET }, call());
    expect(await errorOf(attempt)).toMatchObject({
      code: 'unsupported',
      providerCode: 'InvalidKeyUsageException',
    });
  });

  it.each([
    ['PendingImport', 'disabled-key'],
    ['PendingDeletion', 'disabled-key'],
    ['Disabled', 'disabled-key'],
    ['Unavailable', 'unavailable'],
  ] as const)('that is %s is %s', async (state, code) => {
    const unusable = service.keys.create();
    unusable.state = state;
    const attempt = connection.backend.generateDataKey({ keyId: unusable.arn, bytes: 32 }, call());
    expect((await errorOf(attempt)).code).toBe(code);
  });
});

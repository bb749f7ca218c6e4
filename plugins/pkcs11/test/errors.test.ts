import type { KmsErrorCode } from 'kkp-plugin-kit';
import { Connection, refusal } from './support/connection.js';
import { FakeToken } from './support/fake-token.js';

const token = new FakeToken();
token.createKey('orders');
const gcm = await Connection.open(token);
const padded = await Connection.open(token, { options: { mechanism: 'CKM_AES_KEY_WRAP_PAD' } });
const blobs = { gcm: await gcm.wrap(), padded: await padded.wrap() };
afterAll(async () => {
  await Promise.all([gcm.backend.close(), padded.backend.close()]);
  token.remove();
});

const OPERATIONS: Readonly<Record<string, () => Promise<unknown>>> = {
  wrap: () => gcm.wrap(),
  unwrap: () => gcm.unwrap(blobs.gcm),
  'wrap by key wrap': () => padded.wrap(),
  'unwrap by key wrap': () => padded.unwrap(blobs.padded),
};

/** What is asked of KKP, the call that fails, with what, and what that means. */
const ROWS: readonly (readonly [string, string, string, KmsErrorCode, string])[] = [
  ['unwrap', 'C_Decrypt', 'GENERAL_ERROR', 'invalid-ciphertext', 'caller'],
  ['unwrap', 'C_Decrypt', 'ENCRYPTED_DATA_INVALID', 'invalid-ciphertext', 'caller'],
  ['unwrap', 'C_Decrypt', 'ENCRYPTED_DATA_LEN_RANGE', 'invalid-ciphertext', 'caller'],
  ['unwrap', 'C_Decrypt', 'AEAD_DECRYPT_FAILED', 'invalid-ciphertext', 'caller'],
  ['unwrap', 'C_Decrypt', 'DATA_LEN_RANGE', 'invalid-ciphertext', 'caller'],
  ['unwrap', 'C_Decrypt', 'DEVICE_ERROR', 'unavailable', 'provider'],
  ['unwrap', 'C_Decrypt', 'DEVICE_MEMORY', 'unavailable', 'provider'],
  ['unwrap', 'C_DecryptInit', 'GENERAL_ERROR', 'unavailable', 'provider'],
  ['unwrap', 'C_DecryptInit', 'KEY_FUNCTION_NOT_PERMITTED', 'unsupported', 'caller'],
  ['unwrap', 'C_DecryptInit', 'KEY_HANDLE_INVALID', 'not-found', 'caller'],
  ['unwrap by key wrap', 'C_UnwrapKey', 'GENERAL_ERROR', 'invalid-ciphertext', 'caller'],
  ['unwrap by key wrap', 'C_UnwrapKey', 'WRAPPED_KEY_INVALID', 'invalid-ciphertext', 'caller'],
  ['unwrap by key wrap', 'C_UnwrapKey', 'WRAPPED_KEY_LEN_RANGE', 'invalid-ciphertext', 'caller'],
  ['unwrap by key wrap', 'C_UnwrapKey', 'UNWRAPPING_KEY_HANDLE_INVALID', 'not-found', 'caller'],
  ['unwrap by key wrap', 'C_UnwrapKey', 'UNWRAPPING_KEY_TYPE_INCONSISTENT', 'unsupported', 'caller'],
  ['unwrap by key wrap', 'C_UnwrapKey', 'TEMPLATE_INCONSISTENT', 'unsupported', 'proxy'],
  ['unwrap by key wrap', 'C_UnwrapKey', 'DEVICE_ERROR', 'unavailable', 'provider'],
  ['unwrap by key wrap', 'C_DestroyObject', 'GENERAL_ERROR', 'unavailable', 'provider'],
  ['wrap', 'C_Encrypt', 'GENERAL_ERROR', 'unavailable', 'provider'],
  ['wrap', 'C_Encrypt', 'DATA_LEN_RANGE', 'invalid-request', 'caller'],
  ['wrap', 'C_Encrypt', 'FUNCTION_FAILED', 'unavailable', 'provider'],
  ['wrap', 'C_EncryptInit', 'MECHANISM_INVALID', 'unsupported', 'caller'],
  ['wrap', 'C_EncryptInit', 'MECHANISM_PARAM_INVALID', 'unsupported', 'caller'],
  ['wrap', 'C_EncryptInit', 'KEY_FUNCTION_NOT_PERMITTED', 'unsupported', 'caller'],
  ['wrap', 'C_EncryptInit', 'KEY_TYPE_INCONSISTENT', 'unsupported', 'caller'],
  ['wrap', 'C_EncryptInit', 'ARGUMENTS_BAD', 'unsupported', 'caller'],
  ['wrap', 'C_EncryptInit', 'OBJECT_HANDLE_INVALID', 'not-found', 'caller'],
  ['wrap', 'C_EncryptInit', 'OPERATION_ACTIVE', 'unavailable', 'provider'],
  ['wrap', 'C_FindObjectsInit', 'ARGUMENTS_BAD', 'unavailable', 'provider'],
  ['wrap', 'C_FindObjects', 'GENERAL_ERROR', 'unavailable', 'provider'],
  ['wrap', 'C_GetAttributeValue', 'ATTRIBUTE_TYPE_INVALID', 'unsupported', 'proxy'],
  ['wrap', 'C_GetAttributeValue', 'HOST_MEMORY', 'unavailable', 'provider'],
  ['wrap', 'C_GetAttributeValue', 'VENDOR_DEFINED', 'unavailable', 'provider'],
  ['wrap by key wrap', 'C_CreateObject', 'TEMPLATE_INCONSISTENT', 'unsupported', 'proxy'],
  ['wrap by key wrap', 'C_CreateObject', 'ATTRIBUTE_VALUE_INVALID', 'unsupported', 'proxy'],
  ['wrap by key wrap', 'C_WrapKey', 'KEY_NOT_WRAPPABLE', 'unsupported', 'caller'],
  ['wrap by key wrap', 'C_WrapKey', 'KEY_UNEXTRACTABLE', 'unsupported', 'caller'],
  ['wrap by key wrap', 'C_WrapKey', 'WRAPPING_KEY_SIZE_RANGE', 'unsupported', 'caller'],
  ['wrap by key wrap', 'C_WrapKey', 'GENERAL_ERROR', 'unavailable', 'provider'],
];

it.each(ROWS)('%s: %s with CKR_%s is %s of side %s', async (operation, call, rv, code, side) => {
  const release = token.fault(call, { rv });
  token.calls();
  try {
    const refused = await refusal(OPERATIONS[operation]!());
    expect(refused).toMatchObject({ code, side, providerCode: `CKR_${rv} at ${call}` });
    expect(token.calls().filter((line) => line.endsWith(` ${call}`))).toHaveLength(1);
  } finally {
    release();
  }
});

it.each(Object.keys(OPERATIONS))('%s works again afterwards, in the same process', async (operation) => {
  expect(await refusal(OPERATIONS[operation]!())).toEqual({ code: 'none' });
  expect([gcm.ready.length, padded.ready.length]).toEqual([1, 1]);
});

it('an error that is not one of Cryptoki is unavailable, and its text goes nowhere', async () => {
  const release = token.fault('C_FindObjectsInit', { throws: 'the secret is 1234' });
  try {
    const refused = await refusal(gcm.wrap());
    expect(refused).toMatchObject({ code: 'unavailable', providerCode: 'UNEXPECTED at C_FindObjectsInit' });
    expect(JSON.stringify([refused, gcm.logged])).not.toContain('secret');
  } finally {
    release();
  }
});

it('a module that is not there is told with the words of the loader', async () => {
  const connection = new Connection(token, { options: { module: '/nowhere/module.so' } });
  expect(await refusal(connection.backend.open(connection.call()))).toMatchObject({
    code: 'unavailable',
    side: 'proxy',
    message: expect.stringContaining('/nowhere/module.so: cannot open shared object file'),
  });
});

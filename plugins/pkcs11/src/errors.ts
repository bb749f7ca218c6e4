import { KmsError, type KmsErrorCode, type KmsErrorOptions } from 'kkp-plugin-kit';
import type { Failure } from './messages.js';

interface Row {
  readonly names: RegExp;
  /** The calls that mean this with it; absent: every call. */
  readonly calls?: RegExp;
  readonly code: KmsErrorCode;
  readonly side: NonNullable<KmsErrorOptions['side']>;
  readonly message: string;
}

const OPENING = /^C_(?:Decrypt|UnwrapKey)$/;
const USING = /^C_(?:EncryptInit|DecryptInit|Encrypt|Decrypt|WrapKey|UnwrapKey)$/;

/**
 * The first row that fits decides. Names: PKCS#11 2.40, 5.1 and the return values of each function; CKR_GENERAL_ERROR is
 * what SoftHSM 2.6.1 answers to a wrong tag.
 */
const TABLE: readonly Row[] = [
  {
    names:
      /^CKR_(?:ENCRYPTED_DATA_(?:INVALID|LEN_RANGE)|WRAPPED_KEY_(?:INVALID|LEN_RANGE)|AEAD_DECRYPT_FAILED)$/,
    code: 'invalid-ciphertext',
    side: 'caller',
    message: 'The blob was changed, or made by another key or with other AAD.',
  },
  {
    names: /^(?:CKR_(?:GENERAL_ERROR|DATA_INVALID|DATA_LEN_RANGE|SIGNATURE_INVALID)|PADDING_WRONG)$/,
    calls: OPENING,
    code: 'invalid-ciphertext',
    side: 'caller',
    message: 'The blob was changed, or made by another key or with other AAD.',
  },
  {
    names: /^VERSION_ABSENT$/,
    code: 'invalid-ciphertext',
    side: 'caller',
    message: 'The blob was made by no version of the key.',
  },
  {
    names: /^(?:KEY_ABSENT|CKR_(?:KEY|OBJECT|WRAPPING_KEY|UNWRAPPING_KEY)_HANDLE_INVALID)$/,
    code: 'not-found',
    side: 'caller',
    message: 'The token has no secret key of that label.',
  },
  {
    names: /^KEY_DISABLED$/,
    code: 'disabled-key',
    side: 'caller',
    message: 'No version of the key may be used for that: its usage attributes or its dates forbid it.',
  },
  {
    names: /^KEY_NOT_AES$/,
    code: 'unsupported',
    side: 'caller',
    message: 'Only AES keys can be used.',
  },
  {
    names: /^VERSION_TWICE$/,
    code: 'unsupported',
    side: 'proxy',
    message: 'Two keys of that label have the same CKA_ID, so no version can be told.',
  },
  {
    names:
      /^CKR_(?:MECHANISM_INVALID|MECHANISM_PARAM_INVALID|KEY_FUNCTION_NOT_PERMITTED|KEY_TYPE_INCONSISTENT|KEY_SIZE_RANGE|(?:UN)?WRAPPING_KEY_(?:TYPE_INCONSISTENT|SIZE_RANGE)|KEY_NOT_WRAPPABLE|KEY_UNEXTRACTABLE|ARGUMENTS_BAD)$/,
    calls: USING,
    code: 'unsupported',
    side: 'caller',
    message: 'The module does not let this key work by the configured mechanism.',
  },
  {
    names:
      /^CKR_(?:TEMPLATE_INCONSISTENT|TEMPLATE_INCOMPLETE|ATTRIBUTE_VALUE_INVALID|ATTRIBUTE_TYPE_INVALID|ATTRIBUTE_SENSITIVE|FUNCTION_NOT_SUPPORTED)$/,
    code: 'unsupported',
    side: 'proxy',
    message: 'The module does not do what the configured mechanism needs.',
  },
  {
    names: /^CKR_DATA_LEN_RANGE$/,
    code: 'invalid-request',
    side: 'caller',
    message: 'The module does not take a plaintext of that size.',
  },
  {
    names:
      /^CKR_(?:PIN_(?:INCORRECT|INVALID|LEN_RANGE|EXPIRED|LOCKED)|USER_PIN_NOT_INITIALIZED|USER_TYPE_INVALID)$/,
    code: 'access-denied',
    side: 'proxy',
    message: 'The token refused the PIN of this server.',
  },
  {
    names: /^PIN_LAST_TRY$/,
    code: 'access-denied',
    side: 'proxy',
    message: 'One more wrong PIN would lock the token, so none is tried. Log in by other means first.',
  },
  {
    names: /^(?:LOGIN_LOST|CKR_USER_NOT_LOGGED_IN)$/,
    code: 'access-denied',
    side: 'proxy',
    message: 'The token forgot the login of this server, twice.',
  },
  {
    names: /^CKR_SESSION_COUNT$/,
    code: 'throttled',
    side: 'provider',
    message: 'The token has no session left.',
  },
  {
    names: /^(?:TOKEN_ABSENT|CKR_TOKEN_NOT_PRESENT|CKR_DEVICE_REMOVED)$/,
    code: 'unavailable',
    side: 'proxy',
    message: 'There is no token of that label and serial number.',
  },
  {
    names: /^TOKEN_AMBIGUOUS$/,
    code: 'invalid-request',
    side: 'proxy',
    message: 'Several tokens have that label: name the one by tokenSerial.',
  },
  {
    names: /^ADDON_MISSING$/,
    code: 'unavailable',
    side: 'proxy',
    message: 'The package pkcs11js is not installed, or was not built: npm install pkcs11js.',
  },
  {
    names: /^MODULE_NOT_LOADED$/,
    code: 'unavailable',
    side: 'proxy',
    message: 'The module could not be loaded.',
  },
  {
    names: /^IV_ABSENT$/,
    code: 'unsupported',
    side: 'proxy',
    message: 'The module made no IV: set iv to caller.',
  },
];

/** The login or the session is gone, and a new login may mend it; the call had no effect. */
export const isLost = ({ name }: Failure): boolean =>
  /^(?:LOGIN_LOST|CKR_(?:USER_NOT_LOGGED_IN|SESSION_HANDLE_INVALID|SESSION_CLOSED|CRYPTOKI_NOT_INITIALIZED|DEVICE_REMOVED|TOKEN_NOT_PRESENT|TOKEN_NOT_RECOGNIZED))$/.test(
    name,
  );

export function toKmsError(failure: Failure): KmsError {
  const { call, name, detail } = failure;
  const row = TABLE.find(({ names, calls }) => names.test(name) && (calls?.test(call) ?? true));
  const providerCode = `${name} at ${call}`;
  if (row === undefined) return new KmsError('unavailable', 'The module failed.', { providerCode });
  const message = detail === undefined ? row.message : `${row.message} ${detail}`;
  return new KmsError(row.code, message, { side: row.side, providerCode });
}

export const unavailable = (message: string): KmsError => new KmsError('unavailable', message);

import { isKmsError, KmsError, type KmsErrorCode, type KmsErrorOptions } from 'kkp-plugin-kit';
import { codeOf } from './files.js';

interface Row {
  readonly code: KmsErrorCode;
  readonly side: NonNullable<KmsErrorOptions['side']>;
  readonly message: string;
}

/** What goes wrong with keys and stores; the names are the `providerCode` of the error. */
const FAULTS = {
  'malformed-key-id': {
    code: 'invalid-request',
    side: 'caller',
    message:
      'A key id is 1 to 128 of a-z, 0-9, dot, underscore and hyphen, starting with a letter or a digit.',
  },
  'plaintext-size': { code: 'invalid-request', side: 'caller', message: 'A key wraps 1 to 65536 bytes.' },
  'no-such-key': { code: 'not-found', side: 'caller', message: 'The store has no such key.' },
  'no-such-version': { code: 'not-found', side: 'caller', message: 'The key has no such version.' },
  'blob-does-not-open': {
    code: 'invalid-ciphertext',
    side: 'caller',
    message: 'The blob does not open with this key and this AAD.',
  },
  'key-disabled': { code: 'disabled-key', side: 'caller', message: 'The key is disabled.' },
  'key-destroyed': { code: 'disabled-key', side: 'caller', message: 'The key was destroyed.' },
  'version-too-old': {
    code: 'disabled-key',
    side: 'caller',
    message: 'The version of the blob is below the least that the key opens.',
  },
  'version-destroyed': {
    code: 'disabled-key',
    side: 'caller',
    message: 'The version of the blob was destroyed.',
  },
  'key-exists': {
    code: 'invalid-request',
    side: 'caller',
    message: 'There is a key of that name, or there was one that was destroyed.',
  },
  'store-exists': {
    code: 'invalid-request',
    side: 'caller',
    message: 'There is a store in that directory already.',
  },
  'version-in-use': {
    code: 'invalid-request',
    side: 'caller',
    message: 'The latest version wraps: rotate the key first, or destroy the whole key.',
  },
  'version-out-of-range': {
    code: 'invalid-request',
    side: 'caller',
    message: 'The least version must be a whole number from 1 to the latest version of the key.',
  },
  'too-many-versions': {
    code: 'unsupported',
    side: 'caller',
    message: 'A key has at most 1000 versions: destroy old ones.',
  },
  conflict: {
    code: 'unavailable',
    side: 'caller',
    message:
      'Another process changed the same key at the same moment: look at it, and try again where that is still wanted.',
  },
  'not-cleaned-up': {
    code: 'unavailable',
    side: 'proxy',
    message: 'The change is made, but the files that it replaces are still there: run the command again.',
  },
  'record-damaged': {
    code: 'unavailable',
    side: 'proxy',
    message:
      'A file of the key was changed, cut or swapped outside of KKP, and is not used. Restore it from a backup.',
  },
  'rolled-back': {
    code: 'unavailable',
    side: 'proxy',
    message:
      'The file of the key is older than the one that was there before, and is not used. If that is meant, restart KKP.',
  },
  'no-store': {
    code: 'unavailable',
    side: 'proxy',
    message: 'There is no store in the directory: make one with "kkp-plugin-local init".',
  },
  'store-damaged': { code: 'unavailable', side: 'proxy', message: 'The header of the store makes no sense.' },
  'wrong-root': {
    code: 'access-denied',
    side: 'proxy',
    message: 'The store does not open with this root key or passphrase.',
  },
  'root-kind': {
    code: 'access-denied',
    side: 'proxy',
    message:
      'The store was made with the other kind of root: a passphrase instead of a root key, or the other way round.',
  },
  'root-malformed': {
    code: 'access-denied',
    side: 'proxy',
    message:
      'The root key file must hold 32 random bytes, raw or as 43 characters of base64url; a passphrase file 16 to 1024 bytes in one line.',
  },
  'root-mode': {
    code: 'access-denied',
    side: 'proxy',
    message: 'The file of the root key or passphrase must be for its owner only (chmod 600).',
  },
  'dir-mode': {
    code: 'access-denied',
    side: 'proxy',
    message: 'The directory of the store must not be writable by group or others (chmod 700).',
  },
  'not-open': {
    code: 'unavailable',
    side: 'proxy',
    message: 'The backend is not open, or was opened before.',
  },
} as const satisfies Readonly<Record<string, Row>>;

export type Fault = keyof typeof FAULTS;

/** System errors that mean something else than that the disk does not answer. */
const SYSTEM: Readonly<Record<string, Row>> = {
  EACCES: { code: 'access-denied', side: 'proxy', message: 'KKP may not use a file of the store.' },
  EPERM: {
    code: 'access-denied',
    side: 'proxy',
    message: 'KKP may not use a file of the store, or its file system knows no hard links.',
  },
  EROFS: { code: 'access-denied', side: 'proxy', message: 'The file system of the store is read-only.' },
  ENOENT: {
    code: 'unavailable',
    side: 'proxy',
    message: 'A file, or the directory, of the store is missing.',
  },
  ENOTDIR: { code: 'unavailable', side: 'proxy', message: 'The directory of the store is none.' },
};
const OTHERWISE: Row = {
  code: 'unavailable',
  side: 'provider',
  message: 'The file system of the store failed.',
};

export function refuse(fault: Fault): KmsError {
  const { code, side, message } = FAULTS[fault];
  return new KmsError(code, message, { side, providerCode: fault });
}

/** Whether `error` is this refusal. */
export function isFault(error: unknown, fault: Fault): boolean {
  return isKmsError(error) && error.providerCode === fault;
}

/** A `KmsError`, whatever was thrown. System errors keep their code. */
export function asKmsError(error: unknown): KmsError {
  if (isKmsError(error)) return error;
  const providerCode = codeOf(error);
  const { code, side, message } = SYSTEM[providerCode ?? ''] ?? OTHERWISE;
  return new KmsError(code, message, { side, cause: error, ...(providerCode && { providerCode }) });
}

import { isKmsError, KmsError, type KmsErrorCode } from 'kkp-plugin-kit';
import { KkpError, type KkpErrorCode } from '../errors.js';

/** What callers learn of each failure. No text of a provider gets out. */
const PUBLIC: Record<KmsErrorCode, readonly [KkpErrorCode, string]> = {
  'not-found': ['kms_error', 'The backend has no such key.'],
  'disabled-key': ['kms_error', 'The key is disabled.'],
  'invalid-request': ['kms_error', 'The backend does not accept this key id or this request.'],
  unsupported: ['kms_error', 'The key cannot be used for this.'],
  throttled: ['kms_throttled', 'The key service is busy. Try again later.'],
  unavailable: ['kms_unavailable', 'The key service did not answer in time, or is down. Try again later.'],
  'access-denied': ['kms_failed', 'The key service refused the credentials of this server.'],
  'invalid-ciphertext': ['kms_failed', 'The key service failed.'],
};

const LONGEST_RETRY_SECONDS = 3600;

/**
 * The public error for a backend's failure. `invalid-ciphertext` is for the envelope to judge: here, outside of
 * a decryption, it is a fault of the key service.
 */
export function kmsToKkpError(error: KmsError): KkpError {
  const ours = error.side === 'proxy' && !error.retryable && error.code !== 'access-denied';
  const [code, detail] = ours
    ? (['kms_failed', 'This server is not set up for that key service.'] as const)
    : PUBLIC[error.code];
  const retryAfterSeconds = error.retryable ? retryAfter(error) : undefined;
  return new KkpError(code, detail, { cause: error, ...(retryAfterSeconds && { retryAfterSeconds }) });
}

/** A `KmsError`, whatever was thrown: anything else becomes `unavailable`, with the cause for the log. */
export function asKmsError(error: unknown): KmsError {
  if (isKmsError(error)) return error;
  const cause = error;
  return new KmsError('unavailable', 'The backend failed with something other than a KmsError.', { cause });
}

/** The caller asked for something that no key takes. */
export const badRequest = (message: string): KmsError =>
  new KmsError('invalid-request', message, { side: 'caller' });

/** Whole seconds from 1 to an hour; 1 for a busy service that did not say. */
function retryAfter({ code, retryAfterMs }: KmsError): number | undefined {
  if (retryAfterMs === undefined || !Number.isFinite(retryAfterMs))
    return code === 'throttled' ? 1 : undefined;
  return Math.min(Math.max(Math.ceil(retryAfterMs / 1000), 1), LONGEST_RETRY_SECONDS);
}

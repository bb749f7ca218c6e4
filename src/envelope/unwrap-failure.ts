import { isKmsError, type KmsErrorCode } from 'kkp-plugin-kit';
import { asKmsError, kmsToKkpError, type PortableBackend } from '../backends/index.js';
import type { CallContext } from '../call-context.js';
import type { KkpError } from '../errors.js';
import { envelopeError } from './envelope-error.js';

/** Failures that a changed blob or label can cause. */
const OF_THE_ENVELOPE: readonly KmsErrorCode[] = ['invalid-ciphertext', 'invalid-request', 'unsupported'];
/** Failures that a changed label can cause, and a missing or disabled key as well. */
const OF_EITHER: readonly KmsErrorCode[] = ['not-found', 'disabled-key'];

/**
 * The public error for a data key that did not open. Whatever depends on the envelope gets the one text; a missing or
 * disabled key is told as such only when the granted key itself, and not a version that the envelope names, is.
 */
export async function unwrapFailure(
  error: unknown,
  backend: PortableBackend,
  keyId: string,
  call: CallContext,
): Promise<KkpError> {
  if (!isKmsError(error) || OF_THE_ENVELOPE.includes(error.code)) return envelopeError(error);
  if (!OF_EITHER.includes(error.code)) return kmsToKkpError(error);
  try {
    return (await isGone(backend, keyId, call)) ? kmsToKkpError(error) : envelopeError(error);
  } catch (unknown) {
    return kmsToKkpError(asKmsError(unknown));
  }
}

/** @throws KmsError when that cannot be known now: to call the envelope broken would be for good */
async function isGone(backend: PortableBackend, keyId: string, call: CallContext): Promise<boolean> {
  try {
    // What was known before the failure says nothing: the key may have been disabled since.
    const { state } = await backend.describeKey(keyId, call, { maxAgeMs: 0 });
    return state !== 'enabled' && state !== 'unknown';
  } catch (error) {
    if (isKmsError(error) && error.retryable) throw error;
    return isKmsError(error) && OF_EITHER.includes(error.code);
  }
}

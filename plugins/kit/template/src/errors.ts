import { isKmsError, KmsError, type KmsErrorCode, type KmsErrorOptions } from 'kkp-plugin-kit';

/** How the service refuses. GAP: take the class, or the status and body, of the real one. */
export class ServiceError extends Error {
  constructor(readonly code: string) {
    super(`The service refused with ${code}.`);
  }
}

interface Row {
  readonly code: KmsErrorCode;
  readonly side: NonNullable<KmsErrorOptions['side']>;
  readonly text: string;
}

/** GAP: the service's own codes. The kit's README says which reaction each `KmsErrorCode` asks for. */
const ROWS: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['NoSuchKey', { code: 'not-found', side: 'caller', text: 'The service has no such key.' }],
  ['KeyDisabled', { code: 'disabled-key', side: 'caller', text: 'The key is disabled.' }],
  ['BadBlob', { code: 'invalid-ciphertext', side: 'caller', text: 'The blob does not open under this key.' }],
  ['BadToken', { code: 'access-denied', side: 'proxy', text: 'The service did not take the token of KKP.' }],
  ['TooMany', { code: 'throttled', side: 'provider', text: 'The service gets too many requests.' }],
]);

const DOWN: Row = { code: 'unavailable', side: 'provider', text: 'The service did not answer, or failed.' };

/** The contract's error for anything that the client throws. The cause of an unknown one is kept by name alone. */
export function toKmsError(error: unknown): KmsError {
  if (isKmsError(error)) return error;
  const providerCode = error instanceof ServiceError ? error.code : undefined;
  const { code, side, text } = ROWS.get(providerCode ?? '') ?? DOWN;
  return new KmsError(code, text, { side, ...(providerCode !== undefined && { providerCode }) });
}

export function badRequest(text: string): KmsError {
  return new KmsError('invalid-request', text, { side: 'caller' });
}

export function notOpen(): KmsError {
  return new KmsError('unavailable', 'The backend is not open, or was opened before.', { side: 'proxy' });
}

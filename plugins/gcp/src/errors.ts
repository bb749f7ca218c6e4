import { isKmsError, KmsError, type KmsErrorCode, type KmsErrorOptions } from 'kkp-plugin-kit';
import { BUSY, OTHERWISE, ROWS, type Operation, type Row } from './error-rows.js';
import { label, members, type Failure } from './failure.js';

/** The `KmsError` for an answer that is no success. */
export function answerError(operation: Operation, failure: Failure): KmsError {
  const { code, side, text } = rowOf(operation, failure);
  const { status, httpStatus, reason, requestId, retryAfterMs } = failure;
  const cause = causeOf(failure);
  return new KmsError(code, text, {
    side,
    providerCode: [status ?? `HTTP ${httpStatus}`, reason].filter(Boolean).join(' '),
    ...(requestId !== undefined && { providerRequestId: requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(cause && { cause }),
  });
}

function rowOf(operation: Operation, { status, httpStatus, reason, message }: Failure): Omit<Row, 'status'> {
  const row = ROWS.find(
    (candidate) =>
      candidate.status === status &&
      (candidate.operation === undefined || candidate.operation === operation) &&
      (candidate.reasons?.some((known) => known === reason) ?? true) &&
      (candidate.says?.test(message) ?? true),
  );
  return row ?? (status === undefined && httpStatus === 429 ? BUSY : OTHERWISE);
}

/** Google's own words, for the log; not of INVALID_ARGUMENT, which may repeat what was sent. */
function causeOf({ status, message }: Failure): Error | undefined {
  if (status === undefined || status === 'INVALID_ARGUMENT' || message === '') return undefined;
  const cause = new Error(message);
  delete cause.stack;
  return cause;
}

/** No answer: name resolution, connection, TLS, or a body cut short. */
export function connectionError(error: unknown): KmsError {
  return new KmsError('unavailable', 'Cloud KMS could not be reached, or broke off its answer.', {
    providerCode: networkCode(error) ?? 'no answer',
  });
}

/** A success in a form that Cloud KMS does not give, or one that was damaged: the same call may do better. */
export function strangeAnswer(field: string): KmsError {
  return new KmsError('unavailable', `Cloud KMS gave no usable ${field}.`, {
    providerCode: 'malformed answer',
  });
}

/** A checksum that is missing or does not fit: Google says to discard the answer and to try again. */
export function damagedAnswer(field: string): KmsError {
  return new KmsError('unavailable', `Checksum ${field} of Cloud KMS does not fit, or is missing.`, {
    providerCode: 'checksum mismatch',
  });
}

/** The `KmsError` for whatever a source of tokens threw: always KKP's own affair. Nothing of its text is kept. */
export function credentialError(error: unknown): KmsError {
  if (isKmsError(error)) return error;
  const { status, response } = members(error);
  const answered = typeof status === 'number' ? status : members(response).status;
  const oauth = label(members(members(response).data).error);
  const network = networkCode(error);
  const busy = answered === 408 || answered === 429 || (typeof answered === 'number' && answered >= 500);
  const down = busy || (answered === undefined && network !== undefined && NETWORK.test(network));
  const providerCode = oauth ?? network;
  const options: KmsErrorOptions = { side: 'proxy', ...(providerCode !== undefined && { providerCode }) };
  return down
    ? new KmsError('unavailable', 'The source of tokens for Google did not answer.', options)
    : new KmsError('access-denied', NO_TOKEN, options);
}

const NO_TOKEN = 'KKP got no token for Google: no credentials, or faulty or refused ones.';
const NETWORK =
  /^(?:E(?:CONN\w+|NOTFOUND|AI_AGAIN|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH|HOSTDOWN)|UND_\w+|TimeoutError)$/;

export const noToken = (): KmsError => new KmsError('access-denied', NO_TOKEN, { side: 'proxy' });

export const tokenTimeout = (): KmsError =>
  new KmsError('unavailable', 'The source of tokens for Google did not answer.', { side: 'proxy' });

/** What the backend itself refuses. */
export const refuse = (
  code: KmsErrorCode,
  text: string,
  side: NonNullable<KmsErrorOptions['side']> = 'caller',
): KmsError => new KmsError(code, text, { side });

export const doesNotOpen = (): KmsError =>
  refuse('invalid-ciphertext', 'The blob does not open under this key and this AAD.');

/** `fetch` and the library hide the code of a failed connection in a cause. */
function networkCode(error: unknown, depth = 0): string | undefined {
  const { code, cause } = members(error);
  const found = label(code);
  return found ?? (cause === undefined || depth > 3 ? undefined : networkCode(cause, depth + 1));
}

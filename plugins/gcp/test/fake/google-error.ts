import type { Reply } from './faults.js';

/** HTTP statuses of the codes: the comments in google/rpc/code.proto. */
const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  UNKNOWN: 500,
  INTERNAL: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const;

export type Status = keyof typeof HTTP_STATUS;
export const STATUSES = Object.keys(HTTP_STATUS) as Status[];

/** Thrown anywhere in the fake: an answer that is no success. The body: https://google.aip.dev/193, "HTTP/1.1+JSON". */
export class GoogleError extends Error {
  constructor(
    readonly status: Status,
    message: string,
    readonly details: readonly object[] = [],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  get reply(): Reply {
    const { status, message, details, headers } = this;
    const code = HTTP_STATUS[status];
    const error = { code, message, status, ...(details.length > 0 && { details }) };
    return { status: code, headers, body: { error } };
  }
}

const detail = (type: string, members: object) => ({
  '@type': `type.googleapis.com/google.rpc.${type}`,
  ...members,
});

/** google/rpc/error_details.proto. */
export const errorInfo = (reason: string): object =>
  detail('ErrorInfo', { reason, domain: 'googleapis.com', metadata: { service: 'cloudkms.googleapis.com' } });
export const retryInfo = (retryDelay: string): object => detail('RetryInfo', { retryDelay });
export const requestInfo = (requestId: string): object => detail('RequestInfo', { requestId });

/** Of API front ends. A reason is there when the token is one that Google made and that is over. */
export const unauthenticated = (): GoogleError =>
  new GoogleError(
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    [],
    { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' },
  );

/** What users report: a key without permission and a key that is not there answer alike. */
export const permissionDenied = (permission: string, resource: string): GoogleError =>
  new GoogleError(
    'PERMISSION_DENIED',
    `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`,
    [errorInfo('IAM_PERMISSION_DENIED')],
  );

export const notFound = (resource: string): GoogleError =>
  new GoogleError('NOT_FOUND', `CryptoKey ${resource} not found.`);

/** As users report it of gcloud and of managed services, for each state but ENABLED. */
export const notEnabled = (version: string, state: string): GoogleError =>
  new GoogleError('FAILED_PRECONDITION', `${version} is not enabled, current state is: ${state}.`);

/** Reported with GetPublicKey for a symmetric key; taken to be the same the other way round. */
export const wrongPurpose = (version: string, purpose: string): GoogleError =>
  new GoogleError(
    'FAILED_PRECONDITION',
    `Operation requested for Key ${version} has incorrect key purpose: ${purpose}`,
  );

/** The text is ours: which one Cloud KMS has is documented nowhere. */
export const noPrimary = (key: string): GoogleError =>
  new GoogleError('FAILED_PRECONDITION', `CryptoKey ${key} has no primary CryptoKeyVersion.`);

/** cloud.google.com/kms/docs/data-integrity-guidelines, "Verifying server-side checksums". */
export const checksumMismatch = (field: string): GoogleError =>
  new GoogleError(
    'INVALID_ARGUMENT',
    `The checksum in field ${field}_crc32c did not match the data in field ${field}.`,
  );

/** Both as gcloud shows them: a blob of another key, and one that was changed or has another AAD. */
export const otherKey = (): GoogleError =>
  new GoogleError(
    'INVALID_ARGUMENT',
    "Decryption failed: verify that 'name' refers to the correct CryptoKey.",
  );
export const invalidCiphertext = (): GoogleError =>
  new GoogleError('INVALID_ARGUMENT', 'Decryption failed: the ciphertext is invalid.');

/** The text is ours. */
export const badRequest = (message: string): GoogleError => new GoogleError('INVALID_ARGUMENT', message);

import type { KmsError, KmsErrorCode } from 'kkp-plugin-kit';

type Side = KmsError['side'];
export type Row = readonly [code: KmsErrorCode, side: Side, text: string];

const MISSING: Row = ['not-found', 'caller', 'AWS KMS has no such key.'];
const DENIED: Row = ['access-denied', 'caller', 'AWS KMS does not allow KKP this use of the key.'];
const GRANT: Row = ['access-denied', 'proxy', 'AWS KMS refused a grant token of the configuration.'];
export const CREDENTIALS: Row = [
  'access-denied',
  'proxy',
  'AWS KMS refused the credentials of KKP, or there are none.',
];
export const BUSY: Row = ['throttled', 'provider', 'AWS KMS is busy.'];
export const DOWN: Row = ['unavailable', 'provider', 'AWS KMS did not answer, or failed.'];
export const CLOSED_BLOB: Row = ['invalid-ciphertext', 'caller', 'AWS KMS does not open the blob.'];
export const DISABLED: Row = [
  'disabled-key',
  'caller',
  'The key in AWS KMS is disabled, pending deletion or without material.',
];
const USAGE: Row = ['unsupported', 'caller', 'The key in AWS KMS cannot be used for this.'];
export const REQUEST: Row = ['invalid-request', 'caller', 'AWS KMS does not accept the request.'];

/**
 * What KMS, STS and the SDK call their errors, by `error.name`: most are not modelled, so that `instanceof` would miss
 * them. Sources: the types of `@aws-sdk/client-kms` (models/errors.d.ts), and
 * https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
 */
export const ROWS: Readonly<Record<string, Row>> = {
  NotFoundException: MISSING,
  AccessDeniedException: DENIED,
  InvalidGrantTokenException: GRANT,
  AccessDenied: CREDENTIALS,
  CredentialsProviderError: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  ExpiredTokenException: CREDENTIALS,
  IncompleteSignature: CREDENTIALS,
  InvalidClientTokenId: CREDENTIALS,
  InvalidIdentityToken: CREDENTIALS,
  InvalidIdentityTokenException: CREDENTIALS,
  InvalidSignatureException: CREDENTIALS,
  MissingAuthenticationToken: CREDENTIALS,
  MissingAuthenticationTokenException: CREDENTIALS,
  NotAuthorized: CREDENTIALS,
  OptInRequired: CREDENTIALS,
  RequestExpired: CREDENTIALS,
  TokenProviderError: CREDENTIALS,
  UnrecognizedClientException: CREDENTIALS,
  LimitExceededException: BUSY,
  RequestLimitExceeded: BUSY,
  Throttling: BUSY,
  ThrottlingException: BUSY,
  TooManyRequestsException: BUSY,
  DependencyTimeoutException: DOWN,
  InternalFailure: DOWN,
  KeyUnavailableException: DOWN,
  KMSInternalException: DOWN,
  ServiceUnavailable: DOWN,
  ServiceUnavailableException: DOWN,
  IncorrectKeyException: CLOSED_BLOB,
  InvalidCiphertextException: CLOSED_BLOB,
  DisabledException: DISABLED,
  InvalidKeyUsageException: USAGE,
  UnsupportedOperationException: USAGE,
  InvalidArnException: REQUEST,
  ValidationException: REQUEST,
};

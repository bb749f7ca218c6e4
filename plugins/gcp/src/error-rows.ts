import type { KmsErrorCode, KmsErrorOptions } from 'kkp-plugin-kit';

/** What was asked of Cloud KMS; the same answer means different things. */
export type Operation = 'encrypt' | 'decrypt' | 'describe';

/** One row of the table: all conditions that are there must hold. */
export interface Row {
  /** Name of the `google.rpc.Code`. */
  readonly status: string;
  /** `reason` of `google.rpc.ErrorInfo`. */
  readonly reasons?: readonly string[];
  readonly says?: RegExp;
  readonly operation?: Operation;
  readonly code: KmsErrorCode;
  readonly side: NonNullable<KmsErrorOptions['side']>;
  readonly text: string;
}

/** Of google/api/error_reason.proto: what an administrator of the project sets right, not the caller. */
const PROJECT_REASONS = [
  'SERVICE_DISABLED',
  'BILLING_DISABLED',
  'CONSUMER_INVALID',
  'CONSUMER_SUSPENDED',
  'USER_PROJECT_DENIED',
  'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
  'SECURITY_POLICY_VIOLATED',
  'ORG_RESTRICTION_VIOLATION',
];
const NOT_SET_UP = "Google does not let KKP's project or credentials use Cloud KMS.";
const DOWN = 'Cloud KMS failed, or gave no whole answer.';

/**
 * The first row that fits is taken. Codes and their HTTP statuses: google/rpc/code.proto. Texts: "is not enabled, current
 * state is" and "has incorrect key purpose" are what Cloud KMS answers; a checksum that does not fit: "The checksum in field
 * plaintext_crc32c did not match ..." (cloud.google.com/kms/docs/data-integrity-guidelines); an API that is not enabled:
 * googleapis/nodejs-kms#179.
 */
export const ROWS: readonly Row[] = [
  {
    status: 'UNAUTHENTICATED',
    code: 'access-denied',
    side: 'proxy',
    text: "Cloud KMS did not take KKP's token.",
  },
  {
    status: 'PERMISSION_DENIED',
    reasons: PROJECT_REASONS,
    code: 'access-denied',
    side: 'proxy',
    text: NOT_SET_UP,
  },
  {
    status: 'PERMISSION_DENIED',
    code: 'access-denied',
    side: 'caller',
    text: 'Cloud KMS does not allow KKP this use of the key, or there is no such key.',
  },
  { status: 'NOT_FOUND', code: 'not-found', side: 'caller', text: 'Cloud KMS has no such key.' },
  {
    status: 'RESOURCE_EXHAUSTED',
    code: 'throttled',
    side: 'provider',
    text: 'A quota of Cloud KMS is used up.',
  },
  {
    status: 'FAILED_PRECONDITION',
    says: /purpose/i,
    code: 'unsupported',
    side: 'caller',
    text: 'The purpose of the key is not ENCRYPT_DECRYPT.',
  },
  {
    status: 'FAILED_PRECONDITION',
    says: /has not been used in (?:this )?project|billing/i,
    code: 'access-denied',
    side: 'proxy',
    text: NOT_SET_UP,
  },
  {
    status: 'FAILED_PRECONDITION',
    code: 'disabled-key',
    side: 'caller',
    text: 'The key, or the version of it that is needed, is disabled, destroyed or has no material.',
  },
  {
    status: 'INVALID_ARGUMENT',
    says: /crc32c/i,
    code: 'unavailable',
    side: 'provider',
    text: 'The request to Cloud KMS was damaged on its way.',
  },
  {
    status: 'INVALID_ARGUMENT',
    operation: 'decrypt',
    code: 'invalid-ciphertext',
    side: 'caller',
    text: 'The blob does not open under this key and this AAD.',
  },
  {
    status: 'INVALID_ARGUMENT',
    code: 'invalid-request',
    side: 'caller',
    text: 'Cloud KMS does not accept the request.',
  },
  {
    status: 'OUT_OF_RANGE',
    code: 'invalid-request',
    side: 'caller',
    text: 'Cloud KMS does not accept the request.',
  },
  { status: 'UNIMPLEMENTED', code: 'unsupported', side: 'provider', text: 'Cloud KMS does not do this.' },
];

/** UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, ABORTED, and what is no answer of Cloud KMS at all. */
export const OTHERWISE: Omit<Row, 'status'> = { code: 'unavailable', side: 'provider', text: DOWN };

/** A load balancer may refuse before Cloud KMS has a word. */
export const BUSY: Omit<Row, 'status'> = {
  code: 'throttled',
  side: 'provider',
  text: 'Google gets too many requests.',
};

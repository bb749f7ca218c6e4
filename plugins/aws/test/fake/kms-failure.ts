/**
 * Error names with their HTTP status, as the pages of the operations list them, for example
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors, and
 * https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
 */
export const STATUS = {
  AccessDeniedException: 400,
  DependencyTimeoutException: 503,
  DisabledException: 409,
  DryRunOperationException: 412,
  ExpiredTokenException: 400,
  IncorrectKeyException: 400,
  InvalidArnException: 400,
  InvalidCiphertextException: 400,
  InvalidGrantTokenException: 400,
  InvalidKeyUsageException: 400,
  InvalidSignatureException: 400,
  KeyUnavailableException: 500,
  KMSInternalException: 500,
  KMSInvalidStateException: 409,
  LimitExceededException: 400,
  MissingAuthenticationTokenException: 400,
  NotFoundException: 400,
  ServiceUnavailableException: 503,
  ThrottlingException: 400,
  UnknownOperationException: 400,
  UnrecognizedClientException: 400,
  UnsupportedOperationException: 400,
  ValidationException: 400,
} as const;

/** What the fake answers instead of a result. KMS sends some, such as InvalidCiphertextException, without a message. */
export class KmsFailure extends Error {
  constructor(
    readonly type: keyof typeof STATUS,
    message?: string,
  ) {
    super(message ?? '');
  }

  get body(): Readonly<Record<string, string>> {
    return { __type: this.type, ...(this.message && { message: this.message }) };
  }
}

export const KMS_ERROR_CODES = [
  'not-found',
  'access-denied',
  'throttled',
  'unavailable',
  'invalid-ciphertext',
  'disabled-key',
  'unsupported',
  'invalid-request',
] as const;

/**
 * What went wrong, by the reaction it asks for.
 *
 * | code                 | meaning                                                                     | reaction                     |
 * | -------------------- | --------------------------------------------------------------------------- | ---------------------------- |
 * | `not-found`          | no such key; with versions `in-id` also no such version of it               | refuse the caller            |
 * | `access-denied`      | not allowed; of side `proxy`: KKP's own credentials are wrong or have ended | tell the operator, no caller |
 * | `throttled`          | too many requests; `retryAfterMs` where the provider says it                | try again, later             |
 * | `unavailable`        | no answer, one that makes no sense, an ended call, a backend not open       | try again                    |
 * | `invalid-ciphertext` | wrong key or AAD, a changed, cut or foreign blob: not told apart            | refuse the caller            |
 * | `disabled-key`       | the key exists and may not be used: disabled, expired, pending deletion     | refuse the caller            |
 * | `unsupported`        | the key cannot do that; of side `proxy`: an SDK is not installed            | refuse, or tell the operator |
 * | `invalid-request`    | size of a plaintext or of AAD, malformed key id                             | refuse the caller            |
 */
export type KmsErrorCode = (typeof KMS_ERROR_CODES)[number];

export interface KmsErrorOptions {
  /** Whose fault: the caller's request, KKP's own credentials or settings, or the provider. Default `provider`. */
  readonly side?: 'caller' | 'proxy' | 'provider';
  /** Milliseconds after which the provider says to try again. */
  readonly retryAfterMs?: number;
  /** The provider's own name of the error, for the log: `ThrottlingException`, `KeyDisabled`. */
  readonly providerCode?: string;
  /** What the provider's support asks for. */
  readonly providerRequestId?: string;
  /** Keep what helps, without the request and the answer: many an SDK's error leads to both. */
  readonly cause?: unknown;
}

/** The only error that leaves a backend. Its message holds no plaintext, token, blob or credential. */
export class KmsError extends Error {
  override readonly name = 'KmsError';
  readonly side: 'caller' | 'proxy' | 'provider';
  readonly retryAfterMs: number | undefined;
  readonly providerCode: string | undefined;
  readonly providerRequestId: string | undefined;

  constructor(
    readonly code: KmsErrorCode,
    message: string,
    options: KmsErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.side = options.side ?? 'provider';
    this.retryAfterMs = options.retryAfterMs;
    this.providerCode = options.providerCode;
    this.providerRequestId = options.providerRequestId;
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return this.code === 'throttled' || this.code === 'unavailable';
  }
}

/** Whether `error` is a `KmsError`, also when it comes from another copy of this package. */
export function isKmsError(error: unknown): error is KmsError {
  return (
    error instanceof Error &&
    error.name === 'KmsError' &&
    'code' in error &&
    (KMS_ERROR_CODES as readonly unknown[]).includes(error.code)
  );
}

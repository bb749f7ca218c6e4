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

/** What went wrong, by the reaction it asks for. */
export type KmsErrorCode = (typeof KMS_ERROR_CODES)[number];

export interface KmsErrorOptions {
  /** Whose fault: the caller's request, KKP's own credentials or settings, or the provider. Default `provider`. */
  readonly side?: 'caller' | 'proxy' | 'provider';
  /** Milliseconds after which the provider says to try again. */
  readonly retryAfterMs?: number;
  readonly providerCode?: string;
  readonly providerRequestId?: string;
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

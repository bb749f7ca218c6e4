/**
 * The one table of public errors: stable code, HTTP status, title. A `KkpError` carries a code; nothing else in
 * the code base knows a status. Problem documents follow RFC 9457.
 */
export const ERRORS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  payload_too_large: { status: 413, title: 'The request body is too large', publicCode: 'invalid_request' },
  unsupported_media_type: {
    status: 415,
    title: 'The request body is not JSON',
    publicCode: 'invalid_request',
  },
  envelope_error: { status: 400, title: 'The envelope cannot be opened' },
  kms_error: { status: 400, title: 'The key service refused the request' },
  kms_throttled: { status: 429, title: 'The key service is busy', publicCode: 'kms_error' },
  kms_failed: { status: 502, title: 'The key service failed', publicCode: 'kms_error' },
  kms_unavailable: { status: 503, title: 'The key service is not available', publicCode: 'kms_error' },
  unauthenticated: { status: 401, title: 'The caller is not authenticated' },
  invalid_bearer: {
    status: 401,
    title: 'The caller is not authenticated',
    publicCode: 'unauthenticated',
  },
  invalid_token: { status: 401, title: 'The token is not valid' },
  unproven_token: { status: 401, title: 'The token is not valid', publicCode: 'invalid_token' },
  invalid_dpop_proof: { status: 401, title: 'The DPoP proof is not valid' },
  invalid_grant: { status: 400, title: 'The token cannot be exchanged' },
  invalid_target: { status: 400, title: 'There are no tokens for this target' },
  invalid_scope: { status: 400, title: 'The scope is not valid' },
  invalid_authorization_details: { status: 400, title: 'The authorization details are not valid' },
  unsupported_grant_type: { status: 400, title: 'There is no such grant' },
  policy_denied: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'No such route' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  rate_limited: { status: 429, title: 'Too many requests' },
  unavailable: { status: 503, title: 'Not available right now', publicCode: 'internal_error' },
  internal_error: { status: 500, title: 'Internal error' },
} as const satisfies Record<string, { status: number; title: string; publicCode?: string }>;

export type KkpErrorCode = keyof typeof ERRORS;

/** What callers read in the member `error`: several internal codes may share one. */
export const publicCode = (code: KkpErrorCode): string => {
  const entry = ERRORS[code];
  return 'publicCode' in entry ? entry.publicCode : code;
};

interface KkpErrorOptions {
  /** Seconds after which the same request may succeed; becomes `Retry-After`. */
  retryAfterSeconds?: number;
  /** For the log only; never reaches a caller. */
  cause?: unknown;
}

/**
 * The only error that KKP's own code throws at its callers.
 * `detail` is public text: it says what was wrong and what is allowed, and holds nothing secret.
 */
export class KkpError extends Error {
  override readonly name = 'KkpError';
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: KkpErrorCode,
    readonly detail: string,
    options: KkpErrorOptions = {},
  ) {
    super(detail, { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

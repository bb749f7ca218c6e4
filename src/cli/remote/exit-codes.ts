import { KkpApiError, KkpError } from 'kkp-sdk';

/** What the commands that call a server, or judge what it gave, end with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3, invalid: 4, unavailable: 5 } as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  a fault of kkp itself
  2  wrong usage: an option, a file, or a request that the server does not take as it is
  3  refused: the credential is missing or not good, or the policy says no
  4  the token, its proof, the envelope or the key set is not good
  5  the server or the key service is not available, is too busy, or does not answer as KKP does`;

/** A mistake of whoever typed the command; the message holds no secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What the command was asked about is not good, and that is its answer. */
export class NotGoodError extends Error {
  override readonly name = 'NotGoodError';
}

const BY_CODE: Readonly<Record<string, number>> = {
  invalid_request: EXIT.usage,
  invalid_target: EXIT.usage,
  invalid_scope: EXIT.usage,
  invalid_authorization_details: EXIT.usage,
  unsupported_grant_type: EXIT.usage,
  not_found: EXIT.usage,
  method_not_allowed: EXIT.usage,
  no_credentials: EXIT.usage,
  unauthenticated: EXIT.refused,
  policy_denied: EXIT.refused,
  invalid_token: EXIT.invalid,
  invalid_grant: EXIT.invalid,
  invalid_dpop_proof: EXIT.invalid,
  envelope_error: EXIT.invalid,
  token_rejected: EXIT.invalid,
  bad_key: EXIT.invalid,
  bad_revocations: EXIT.invalid,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof TypeError || error instanceof RangeError)
    return EXIT.usage;
  if (error instanceof NotGoodError) return EXIT.invalid;
  if (!(error instanceof KkpError)) return EXIT.failed;
  // The request names a backend or a key that is not there, or that is disabled.
  if (error instanceof KkpApiError && error.code === 'kms_error' && error.status === 400) return EXIT.usage;
  return BY_CODE[error.code] ?? EXIT.unavailable;
}

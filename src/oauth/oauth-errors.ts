import type { IncomingHttpHeaders } from 'node:http';
import { retryAfterHeader, type Refusal } from '../access/index.js';
import { ERRORS, type KkpError, type KkpErrorCode } from '../errors.js';

/**
 * What OAuth calls each of KKP's errors. From RFC 6749 section 5.2, and registered for token responses by RFC 8693
 * (`invalid_target`), RFC 9396 (`invalid_authorization_details`), RFC 9449 (`invalid_dpop_proof`) and RFC 8628
 * (`access_denied`). For what may pass by itself section 5.2 has no word; `temporarily_unavailable` and `server_error` are
 * those of section 4.1.2.1, and the status says the same.
 */
const CODES: Readonly<Record<KkpErrorCode, string>> = {
  invalid_request: 'invalid_request',
  payload_too_large: 'invalid_request',
  unsupported_media_type: 'invalid_request',
  envelope_error: 'invalid_request',
  // Of a backend that is not there; none is called.
  kms_error: 'invalid_authorization_details',
  kms_throttled: 'temporarily_unavailable',
  kms_failed: 'server_error',
  kms_unavailable: 'temporarily_unavailable',
  unauthenticated: 'invalid_client',
  invalid_bearer: 'invalid_client',
  // Of a host's own guards. That no token of ours is good, these routes say by invalid_grant.
  invalid_token: 'invalid_client',
  unproven_token: 'invalid_client',
  invalid_dpop_proof: 'invalid_dpop_proof',
  invalid_grant: 'invalid_grant',
  invalid_target: 'invalid_target',
  invalid_scope: 'invalid_scope',
  invalid_authorization_details: 'invalid_authorization_details',
  unsupported_grant_type: 'unsupported_grant_type',
  policy_denied: 'access_denied',
  not_found: 'invalid_request',
  method_not_allowed: 'invalid_request',
  rate_limited: 'temporarily_unavailable',
  unavailable: 'temporarily_unavailable',
  internal_error: 'server_error',
};

const FORM_ONLY =
  'The body must be a form in UTF-8, and not compressed: send Content-Type: application/x-www-form-urlencoded.';

/** An error as RFC 6749 section 5.2 has it. */
export function oauthRefusal(error: KkpError, { authorization }: IncomingHttpHeaders): Refusal {
  const detail = error.code === 'unsupported_media_type' ? FORM_ONLY : error.detail;
  const status = statusOf(error.code);
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      ...(status === 401 && { 'WWW-Authenticate': challengeFor(error.code, authorization) }),
      ...retryAfterHeader(error),
    },
    body: JSON.stringify({ error: CODES[error.code], error_description: printable(detail) }),
  };
}

/**
 * Section 5.2: 401 when the client is not authenticated, else 400, also for what the policy denies: some clients read the
 * error of no other status. What HTTP itself has a status for keeps it: too large, not a form, too many, not now.
 */
function statusOf(code: KkpErrorCode): number {
  const { status } = ERRORS[code];
  return CODES[code] === 'invalid_client' || status > 403 ? status : 400;
}

/** Section 5.2: with the scheme that the client has used. */
function challengeFor(code: KkpErrorCode, authorization = ''): string {
  if (/^basic /i.test(authorization)) return 'Basic realm="KKP", charset="UTF-8"';
  return code === 'invalid_bearer' ? 'Bearer error="invalid_token"' : 'Bearer';
}

/** The characters that section 5.2 allows in a description. */
const printable = (text: string): string =>
  text
    .replaceAll('"', "'")
    .replaceAll('\\', '/')
    .replaceAll(/[^\x20-\x7e]/gu, '?');

import { type ApiErrorCode, KkpApiError, KkpUnauthenticatedError } from './errors.js';
import { isString } from './shapes.js';
import type { JsonObject } from './strict-json.js';

const API_ERROR_CODES: readonly string[] = [
  'invalid_request',
  'envelope_error',
  'kms_error',
  'unauthenticated',
  'invalid_token',
  'invalid_dpop_proof',
  'invalid_grant',
  'invalid_target',
  'invalid_scope',
  'invalid_authorization_details',
  'unsupported_grant_type',
  'policy_denied',
  'not_found',
  'method_not_allowed',
  'rate_limited',
  'internal_error',
] satisfies ApiErrorCode[];

/** What OAuth has another word for. Any word that is in neither list is nobody's. */
const OAUTH_CODES: ReadonlyMap<unknown, ApiErrorCode> = new Map([
  ['invalid_client', 'unauthenticated'],
  ['access_denied', 'policy_denied'],
  ['temporarily_unavailable', 'internal_error'],
  ['server_error', 'internal_error'],
]);

interface Failure {
  status: number;
  body: JsonObject;
  retryAfterSeconds?: number | undefined;
}

/** The error of a problem document (RFC 9457) as KKP writes it; `unknown_error` for any other body. */
export function problemError({ body: { error, message, instance }, ...rest }: Failure): KkpApiError {
  return apiError(error, message, { ...rest, instance });
}

/** The error of a route of OAuth (RFC 6749 section 5.2). A problem document there is of a server that has no such route. */
export function oauthError(failure: Failure): KkpApiError {
  const { error, error_description: message } = failure.body;
  if (!isString(message)) return problemError(failure);
  const isBusy = error === 'temporarily_unavailable' && failure.status === 429;
  return apiError(isBusy ? 'rate_limited' : (OAUTH_CODES.get(error) ?? error), message, failure);
}

/** Whether it is what KKP says of a failure. */
export const isProblem = ({ error, message }: JsonObject): boolean => isString(error) && isString(message);

function apiError(
  error: unknown,
  message: unknown,
  { status, instance, retryAfterSeconds }: Omit<Failure, 'body'> & { instance?: unknown },
): KkpApiError {
  const isKkp = isString(error) && isString(message);
  const code = isKkp && isApiErrorCode(error) ? error : 'unknown_error';
  const ApiError = code === 'unauthenticated' ? KkpUnauthenticatedError : KkpApiError;
  return new ApiError(isKkp ? message : `The server answered ${status} without saying why.`, {
    code,
    status,
    ...(isString(instance) && { instance }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

const isApiErrorCode = (code: string): code is ApiErrorCode => API_ERROR_CODES.includes(code);

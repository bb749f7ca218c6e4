import { isKmsError } from 'kkp-plugin-kit';
import { Refusal } from '../backends/index.js';
import { ERRORS, KkpError, publicCode, type KkpErrorCode } from '../errors.js';
import type { KkpLog } from '../log.js';

/** A problem document (RFC 9457) with the stable code of the wire. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Names the request, for whoever looks into the log. */
  readonly instance: string;
  readonly error: string;
  /** The same text as `detail`. */
  readonly message: string;
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** A problem that names no request: of an item in a batch, which has one request for all. */
export type ItemProblem = Omit<Problem, 'instance'>;

export function toItemProblem(error: KkpError): ItemProblem {
  const { status, title } = ERRORS[error.code];
  const code = publicCode(error.code);
  return {
    type: `urn:kkp:error:${code}`,
    title,
    status,
    detail: error.detail,
    error: code,
    message: error.detail,
  };
}

export const toProblem = (error: KkpError, requestId: string): Problem => ({
  ...toItemProblem(error),
  instance: `urn:kkp:request:${requestId}`,
});

/** What `Retry-After` says: whole seconds, at least one; undefined where nothing was said. */
export const retryAfterSeconds = ({ retryAfterSeconds: seconds }: KkpError): number | undefined =>
  seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds));

/** The header of the same name, where there is something to say. */
export function retryAfterHeader(error: KkpError): { readonly 'Retry-After'?: string } {
  const seconds = retryAfterSeconds(error);
  return seconds === undefined ? {} : { 'Retry-After': String(seconds) };
}

/**
 * Logs what is our fault, or the key service's, with its cause; never what is the caller's. That a caller has gone is
 * logged as no error: nothing else tells of a request that got no answer. Nor is a call that was not let through to a key
 * service: the failures that led to it were logged, and an outage would fill the log.
 */
export function logFault(log: KkpLog, error: KkpError, requestId: string): void {
  if (ERRORS[error.code].status < 500) return;
  if (isCallerGone(error.cause)) {
    log('info', 'caller gone', { request_id: requestId });
    return;
  }
  if (error.cause instanceof Refusal) {
    log('info', 'call not let through', { request_id: requestId, reason: error.cause.reason });
    return;
  }
  log('error', 'request failed', { request_id: requestId, code: error.code, error: error.cause });
}

const isCallerGone = (cause: unknown): boolean =>
  isKmsError(cause) && cause.code === 'unavailable' && cause.side === 'caller';

const BY_STATUS: Readonly<Record<number, [KkpErrorCode, string]>> = {
  400: ['invalid_request', 'The request is not valid JSON over HTTP.'],
  401: ['invalid_token', 'The application did not accept the credentials of the caller.'],
  403: ['policy_denied', 'The application does not allow this.'],
  404: ['not_found', 'There is no such route.'],
  405: ['method_not_allowed', 'The route does not answer to this method.'],
  408: ['invalid_request', 'The request did not arrive in time.'],
  413: ['payload_too_large', 'The body is too large.'],
  414: ['invalid_request', 'The request target is too long.'],
  415: ['unsupported_media_type', 'The body must be JSON: send Content-Type: application/json.'],
  429: ['rate_limited', 'Too many requests.'],
  431: ['invalid_request', 'The request headers are too large.'],
  503: ['unavailable', 'The server is shutting down.'],
};

/** Anything thrown below a route, as the error that a caller may see. Foreign texts never get through. */
export function toKkpError(error: unknown): KkpError {
  if (error instanceof KkpError) return error;
  const status = statusOf(error);
  const known = status === undefined ? undefined : BY_STATUS[status];
  return known
    ? new KkpError(known[0], known[1], { cause: error })
    : new KkpError('internal_error', 'The request failed for a reason on this side.', { cause: error });
}

/** Nest's HttpException and Fastify's errors each say a status in their own way. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('getStatus' in error && typeof error.getStatus === 'function')
    return Number((error as { getStatus(): unknown }).getStatus());
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

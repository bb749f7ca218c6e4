import { ERRORS, type KkpError } from '../errors.js';

/**
 * What `WWW-Authenticate` says with a 401 (RFC 6750 section 3): no error code when nothing was shown to be wrong
 * (section 3.1).
 */
export function challengeFor({ code }: KkpError): string | undefined {
  if (ERRORS[code].status !== 401) return undefined;
  return code === 'unauthenticated' ? 'Bearer' : 'Bearer error="invalid_token"';
}

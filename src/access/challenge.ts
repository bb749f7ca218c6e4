import { ERRORS, publicCode, type KkpError } from '../errors.js';
import { PROOF_ALGORITHMS } from '../possession/index.js';

/**
 * What `WWW-Authenticate` says with a 401 (RFC 6750 section 3): no error code when nothing was shown to be wrong
 * (section 3.1). Of a proof, and of a token that was shown without the one that it wants: as RFC 9449 section 7.1 has it.
 */
export function challengeFor({ code }: KkpError): string | undefined {
  if (ERRORS[code].status !== 401) return undefined;
  if (code === 'invalid_dpop_proof' || code === 'unproven_token') {
    return `DPoP error="${publicCode(code)}", algs="${PROOF_ALGORITHMS.join(' ')}"`;
  }
  return code === 'unauthenticated' ? 'Bearer' : 'Bearer error="invalid_token"';
}

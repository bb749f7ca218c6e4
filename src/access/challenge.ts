import type { ERRORS, KkpError, KkpErrorCode } from '../errors.js';
import { PROOF_ALGORITHMS } from '../possession/index.js';

type Unauthorized = {
  [Code in KkpErrorCode]: (typeof ERRORS)[Code]['status'] extends 401 ? Code : never;
}[KkpErrorCode];

const ALGS = `algs="${PROOF_ALGORITHMS.join(' ')}"`;

/**
 * What `WWW-Authenticate` says with each 401 (RFC 6750 section 3): no error code where nothing was shown to be wrong
 * (section 3.1). Of a proof, and of a token that was shown without the one that it wants: as RFC 9449 section 7.1 has it.
 */
const CHALLENGES: Readonly<Record<Unauthorized, string>> = {
  unauthenticated: 'Bearer',
  invalid_bearer: 'Bearer error="invalid_token"',
  invalid_token: 'Bearer error="invalid_token"',
  unproven_token: `DPoP error="invalid_token", ${ALGS}`,
  invalid_dpop_proof: `DPoP error="invalid_dpop_proof", ${ALGS}`,
};

export const challengeFor = ({ code }: KkpError): string | undefined =>
  (CHALLENGES as Partial<Record<KkpErrorCode, string>>)[code];

import { ERRORS } from '../errors.js';
import { challengeFor } from './challenge.js';
import type { Face } from './face.js';
import { PROBLEM_MEDIA_TYPE, retryAfterHeader, toProblem } from './problem.js';

/** KKP's own: JSON in, and problem documents (RFC 9457). */
export const NATIVE: Face = {
  mediaType: 'application/json',
  membersOf: (_type, parsed) => parsed,
  refusalOf: (error, requestId) => {
    const challenge = challengeFor(error);
    return {
      status: ERRORS[error.code].status,
      headers: {
        'Content-Type': PROBLEM_MEDIA_TYPE,
        'Cache-Control': 'no-store',
        ...(challenge !== undefined && { 'WWW-Authenticate': challenge }),
        ...retryAfterHeader(error),
      },
      body: JSON.stringify(toProblem(error, requestId)),
    };
  },
};

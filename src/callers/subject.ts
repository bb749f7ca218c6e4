import type { AuthenticatedCaller } from './caller.js';

/** Whom a JWT names that somebody shows for an exchange, and what it says of that (RFC 8693 section 4). */
export interface JwtSubject {
  readonly caller: AuthenticatedCaller;
  /** Unix seconds, as the issuer counts them: perhaps in fractions. */
  readonly expiresAt: number;
  readonly notBefore?: number;
  /** Claim `act`, unchecked; absent: the JWT has none. */
  readonly act?: unknown;
  /** Claim `may_act`, unchecked; absent: the JWT has none. */
  readonly mayAct?: unknown;
}

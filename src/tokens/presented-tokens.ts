import type { Asker } from '../access/index.js';
import { KkpError } from '../errors.js';
import type { TokenClaims } from './claims.js';
import type { TokenUse } from './optional-claims.js';
import type { TokenVerifier } from './token-verifier.js';

/** What a token is shown for. In an exchange: to be the subject of another one. */
export type TokenPurpose = TokenUse | 'exchange';

/** Whether a token that is good in itself may be used in this request. @throws KkpError `invalid_token`, `policy_denied` */
export type TokenCheck = (claims: TokenClaims, asker: Asker, use: TokenPurpose, token: string) => void;

/** Judges the token that a request shows, in its body or in its `Authorization` header. */
export class PresentedTokens {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly checks: readonly TokenCheck[],
  ) {}

  /**
   * The claims of the one token; undefined when there is none.
   * @throws KkpError `invalid_token`; `policy_denied` for another use; `invalid_request` when there are two
   */
  verify(inBody: string | undefined, asker: Asker, use: TokenUse): TokenClaims | undefined {
    if (inBody !== undefined && asker.token !== undefined) {
      throw new KkpError(
        'invalid_request',
        'Send the token once: in the body or in the Authorization header.',
      );
    }
    const token = inBody ?? asker.token;
    if (token === undefined) return undefined;
    const claims = this.verifier.verify(token);
    for (const check of this.checks) check(claims, asker, use, token);
    return claims;
  }

  /**
   * As `verify`, for what an authenticated caller may ask for without a token.
   * @throws KkpError `unauthenticated` when there is neither; what `verify` throws
   */
  verifyUnlessKnown(inBody: string | undefined, asker: Asker, use: TokenUse): TokenClaims | undefined {
    const claims = this.verify(inBody, asker, use);
    if (claims || asker.caller.kind !== 'none') return claims;
    throw new KkpError('unauthenticated', 'Send a token or a credential.');
  }

  /**
   * The claims of the subject of an exchange, which is a parameter and no credential of the request.
   * @throws KkpError `invalid_token`, `unproven_token`, `invalid_dpop_proof`
   */
  verifySubject(token: string, asker: Asker): TokenClaims {
    const claims = this.verifier.verify(token);
    for (const check of this.checks) check(claims, asker, 'exchange', token);
    return claims;
  }

  /** @throws KkpError `unauthenticated` or `invalid_request` when there is no token; what `verify` throws */
  require(inBody: string | undefined, asker: Asker, use: TokenUse): TokenClaims {
    const claims = this.verify(inBody, asker, use);
    if (claims) return claims;
    const code = asker.caller.kind === 'none' ? 'unauthenticated' : 'invalid_request';
    throw new KkpError(code, 'Send a token: in the member token or in the Authorization header.');
  }
}

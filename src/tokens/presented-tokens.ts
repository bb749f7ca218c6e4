import type { Asker } from '../access/index.js';
import { isAuthenticated } from '../callers/index.js';
import { KkpError } from '../errors.js';
import type { RefusedCredentials } from '../quotas/index.js';
import type { TokenClaims } from './claims.js';
import { kidOf } from './kid-of.js';
import type { TokenUse } from './optional-claims.js';
import type { TokenVerifier } from './token-verifier.js';

/** What a token is shown for. In an exchange: to be the subject of another one. */
type TokenPurpose = TokenUse | 'exchange';

/** Whether a token that is good in itself may be used in this request. @throws KkpError `invalid_token`, `policy_denied` */
export type TokenCheck = (claims: TokenClaims, asker: Asker, use: TokenPurpose, token: string) => void;

/** A token that was good when it was shown. */
export interface PresentedToken {
  readonly claims: TokenClaims;
  /** @throws KkpError `invalid_token` when it has been taken back since */
  readonly recheck: () => void;
}

/** Judges the token that a request shows, in its body or in its `Authorization` header. */
export class PresentedTokens {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly checks: readonly TokenCheck[],
    /** @throws KkpError `invalid_token` for a token that was taken back, or whose key was, where that is given */
    private readonly checkRevoked: (claims: TokenClaims, kid?: string) => void,
    private readonly refusals: RefusedCredentials,
  ) {}

  /**
   * The one token; undefined when there is none.
   * @throws KkpError `invalid_token`; `policy_denied` for another use; `invalid_request` when there are two; `rate_limited`
   *   where too many were refused
   */
  async verify(inBody: string | undefined, asker: Asker, use: TokenUse): Promise<PresentedToken | undefined> {
    if (inBody !== undefined && asker.token !== undefined) {
      throw new KkpError(
        'invalid_request',
        'Send the token once: in the body or in the Authorization header.',
      );
    }
    const token = inBody ?? asker.token;
    if (token === undefined) return undefined;
    const claims = await this.judge(token, asker, use);
    return { claims, recheck: () => this.checkRevoked(claims, kidOf(token)) };
  }

  /** Bad tokens of a caller who is known are the caller's own matter; those of strangers count for their network. */
  private async judge(token: string, asker: Asker, use: TokenPurpose): Promise<TokenClaims> {
    const judging = (): TokenClaims => this.checked(token, asker, use);
    return isAuthenticated(asker.caller) ? judging() : this.refusals.judge(asker.address, token, judging);
  }

  private checked(token: string, asker: Asker, use: TokenPurpose): TokenClaims {
    const claims = this.verifier.verify(token);
    for (const check of this.checks) check(claims, asker, use, token);
    // The verifier has just asked about the key.
    this.checkRevoked(claims);
    return claims;
  }

  /**
   * As `verify`, for what an authenticated caller may ask for without a token.
   * @throws KkpError `unauthenticated` when there is neither; what `verify` throws
   */
  async verifyUnlessKnown(
    inBody: string | undefined,
    asker: Asker,
    use: TokenUse,
  ): Promise<PresentedToken | undefined> {
    const shown = await this.verify(inBody, asker, use);
    if (shown || asker.caller.kind !== 'none') return shown;
    throw new KkpError('unauthenticated', 'Send a token or a credential.');
  }

  /**
   * The claims of the subject of an exchange, which is a parameter and no credential of the request.
   * @throws KkpError `invalid_token`, `unproven_token`, `invalid_dpop_proof`, `rate_limited`
   */
  verifySubject(token: string, asker: Asker): Promise<TokenClaims> {
    return this.judge(token, asker, 'exchange');
  }

  /** @throws KkpError `unauthenticated` or `invalid_request` when there is no token; what `verify` throws */
  async require(inBody: string | undefined, asker: Asker, use: TokenUse): Promise<PresentedToken> {
    const shown = await this.verify(inBody, asker, use);
    if (shown) return shown;
    const code = asker.caller.kind === 'none' ? 'unauthenticated' : 'invalid_request';
    throw new KkpError(code, 'Send a token: in the member token or in the Authorization header.');
  }
}

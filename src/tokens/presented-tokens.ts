import type { Asker } from '../access/index.js';
import { isAuthenticated } from '../callers/index.js';
import { KkpError } from '../errors.js';
import type { RefusedCredentials } from '../quotas/index.js';
import type { TokenClaims } from './claims.js';
import type { TokenUse } from './optional-claims.js';
import type { TokenVerifier } from './token-verifier.js';

/** What a token is shown for. In an exchange: to be the subject of another one. */
type TokenPurpose = TokenUse | 'exchange';

/** Whether a token that is good in itself may be used in this request. @throws KkpError `invalid_token`, `policy_denied` */
export type TokenCheck = (claims: TokenClaims, asker: Asker, use: TokenPurpose, token: string) => void;

/** Judges the token that a request shows, in its body or in its `Authorization` header. */
export class PresentedTokens {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly checks: readonly TokenCheck[],
    private readonly refusals: RefusedCredentials,
  ) {}

  /**
   * The claims of the one token; undefined when there is none.
   * @throws KkpError `invalid_token`; `policy_denied` for another use; `invalid_request` when there are two; `rate_limited`
   *   where too many were refused
   */
  async verify(inBody: string | undefined, asker: Asker, use: TokenUse): Promise<TokenClaims | undefined> {
    if (inBody !== undefined && asker.token !== undefined) {
      throw new KkpError(
        'invalid_request',
        'Send the token once: in the body or in the Authorization header.',
      );
    }
    const token = inBody ?? asker.token;
    if (token === undefined) return undefined;
    return this.judge(token, asker, use);
  }

  /** Bad tokens of a caller who is known are the caller's own matter; those of strangers count for their network. */
  private async judge(token: string, asker: Asker, use: TokenPurpose): Promise<TokenClaims> {
    const judging = (): TokenClaims => this.checked(token, asker, use);
    return isAuthenticated(asker.caller) ? judging() : this.refusals.judge(asker.address, token, judging);
  }

  private checked(token: string, asker: Asker, use: TokenPurpose): TokenClaims {
    const claims = this.verifier.verify(token);
    for (const check of this.checks) check(claims, asker, use, token);
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
  ): Promise<TokenClaims | undefined> {
    const claims = await this.verify(inBody, asker, use);
    if (claims || asker.caller.kind !== 'none') return claims;
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
  async require(inBody: string | undefined, asker: Asker, use: TokenUse): Promise<TokenClaims> {
    const claims = await this.verify(inBody, asker, use);
    if (claims) return claims;
    const code = asker.caller.kind === 'none' ? 'unauthenticated' : 'invalid_request';
    throw new KkpError(code, 'Send a token: in the member token or in the Authorization header.');
  }
}

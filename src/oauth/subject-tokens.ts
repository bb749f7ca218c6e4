import type { Asker, IsOwnToken } from '../access/index.js';
import { isAuthenticated, type CallerAuthentication, type JwtSubject } from '../callers/index.js';
import { KkpError, type KkpErrorCode } from '../errors.js';
import type { RefusedCredentials } from '../quotas/index.js';
import type { PresentedTokens, TokenClaims } from '../tokens/index.js';

export type Subject =
  | { readonly kind: 'token'; readonly claims: TokenClaims }
  | { readonly kind: 'jwt'; readonly jwt: JwtSubject };

const NOT_GOOD: readonly KkpErrorCode[] = ['invalid_token', 'unproven_token', 'unauthenticated'];

/** Judges the token that is to be exchanged: one of KKP's own, or a JWT of an issuer whose callers are accepted. */
export class SubjectTokens {
  constructor(
    private readonly presented: PresentedTokens,
    private readonly callers: CallerAuthentication,
    /** Whether a token is one of KKP's own, good or not. */
    readonly isOwn: IsOwnToken,
    private readonly refusals: RefusedCredentials,
  ) {}

  /** @throws KkpError `invalid_grant`, `invalid_dpop_proof`, `rate_limited`; `unavailable` */
  async judge(token: string, asker: Asker): Promise<Subject> {
    try {
      if (this.isOwn(token))
        return { kind: 'token', claims: await this.presented.verifySubject(token, asker) };
      return { kind: 'jwt', jwt: await this.#jwtOf(token, asker) };
    } catch (error) {
      // What is not good is the grant, and not the client.
      if (error instanceof KkpError && NOT_GOOD.includes(error.code))
        throw new KkpError('invalid_grant', error.detail);
      throw error;
    }
  }

  /** What a stranger sends is a credential, and counts as one. */
  #jwtOf(token: string, { caller, address }: Asker): Promise<JwtSubject> {
    const judging = (): Promise<JwtSubject> => this.callers.subjectOf(token);
    return isAuthenticated(caller) ? judging() : this.refusals.judge(address, token, judging);
  }
}

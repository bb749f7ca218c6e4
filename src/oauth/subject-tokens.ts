import { readsLikeOurs, type Asker } from '../access/index.js';
import type { CallerAuthentication, JwtSubject } from '../callers/index.js';
import { KkpError, type KkpErrorCode } from '../errors.js';
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
  ) {}

  /** @throws KkpError `invalid_grant`, `invalid_dpop_proof`; `unavailable` */
  async judge(token: string, asker: Asker): Promise<Subject> {
    try {
      if (readsLikeOurs(token)) return { kind: 'token', claims: this.presented.verifySubject(token, asker) };
      return { kind: 'jwt', jwt: await this.callers.subjectOf(token) };
    } catch (error) {
      // What is not good is the grant, and not the client.
      if (error instanceof KkpError && NOT_GOOD.includes(error.code))
        throw new KkpError('invalid_grant', error.detail);
      throw error;
    }
  }
}

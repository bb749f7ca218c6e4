import type { Asker, Operation, Permit, Prepared } from '../access/index.js';
import { KkpError } from '../errors.js';
import type { Revocations } from '../revocation/index.js';
import type { TokenClaims, TokenVerifier } from '../tokens/index.js';
import { TokenForm } from './oauth.dto.js';

/** Takes one token back (RFC 7009). Those that were made from it live on: see `RevokeTokens` for all of a subject. */
export class RevokeToken implements Operation<TokenForm, TokenClaims, void> {
  readonly body = TokenForm;

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly revocations: Revocations,
  ) {}

  /** @throws KkpError `invalid_grant` for what is, and will be, no live token of ours: there is nothing to take back */
  prepare({ token }: TokenForm, { caller }: Asker): Prepared<TokenClaims> {
    const claims = this.claimsOf(token);
    const { jti } = claims;
    return {
      input: { action: 'revoke_tokens', claims, request: { rule: { jti }, context: {} }, caller },
      work: claims,
    };
  }

  private claimsOf(token: string): TokenClaims {
    try {
      // Whether it is taken back already does not matter: perhaps that could not be stored, and is sent again.
      return this.verifier.verifyEvenEarly(token);
    } catch (error) {
      // A word of its own: a host's guard that refuses a request must not be taken for a token that is gone.
      if (error instanceof KkpError && error.code === 'invalid_token')
        throw new KkpError('invalid_grant', error.detail);
      throw error;
    }
  }

  async perform({ work: { jti, exp } }: Permit<TokenClaims>): Promise<void> {
    await this.revocations.revoke({ jti }, exp);
  }
}

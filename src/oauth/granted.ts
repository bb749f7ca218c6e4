import type { IssuedToken, TokenClaims } from '../tokens/index.js';
import { KEY_DETAIL, type GrantedDto } from './oauth.dto.js';

/** What is to be signed, and of which type an exchange says that it is. */
export interface Grant {
  readonly claims: TokenClaims;
  readonly issuedType?: string;
}

/** The answer for a token that was signed, perhaps for less time than its claims were to have. */
export function granted({ claims, issuedType }: Grant, { token, expires_at }: IssuedToken): GrantedDto {
  const { cnf, ops, backend, key_id, policy_claims, iat } = claims;
  const hasClaims = Object.keys(policy_claims).length > 0;
  return {
    access_token: token,
    // RFC 9449 section 5. A token that is bound to a certificate is shown as Bearer (RFC 8705 section 3).
    token_type: cnf && 'jkt' in cnf ? 'DPoP' : 'Bearer',
    expires_in: expires_at - iat,
    ...(issuedType !== undefined && { issued_token_type: issuedType }),
    ...(ops && { scope: ops.join(' ') }),
    authorization_details: [{ type: KEY_DETAIL, backend, key_id, ...(hasClaims && { policy_claims }) }],
  };
}

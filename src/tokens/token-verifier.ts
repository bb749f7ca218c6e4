import type { SigningKeys } from '../keys/index.js';
import { unixSeconds, type Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import { startOf, type TokenClaims } from './claims.js';
import { judgeClaims, verifyToken, type TokenFault, type TokenRules, type Verdict } from './verify-token.js';

/** Public texts: what is wrong, and nothing of the token. */
const TEXTS: Record<TokenFault, string> = {
  malformed: 'The token is not a JWT in compact form, spelled as KKP spells it.',
  unsupported_header:
    'The header of the token must have alg "EdDSA", the typ of our tokens, a kid, and nothing else.',
  unknown_key: 'The token is signed with a key that is not, or no longer, one of ours.',
  bad_signature: 'The signature of the token is not valid.',
  bad_claims: 'The token does not have exactly the claims of a KKP token.',
  not_yet_valid: 'The token was issued in the future, or is not to be used yet.',
  lifetime_exceeded: 'The token is valid for longer than allowed.',
  expired: 'The token has expired.',
  wrong_issuer: 'The token is from another issuer.',
  wrong_audience: 'The token is for another audience.',
};

/** Accepts the tokens of this ring. Whom a token is for is the caller's to compare. */
export class TokenVerifier {
  constructor(
    private readonly rules: Omit<TokenRules, 'audience'>,
    private readonly keys: Pick<SigningKeys, 'verificationKey'>,
    private readonly clock: Clock,
  ) {}

  /** @throws KkpError `invalid_token`; its cause is the `TokenFault` */
  verify(token: string): TokenClaims {
    return claimsOf(this.judge(token, unixSeconds(this.clock)));
  }

  /** As `verify`, also of a token whose time is still to come within a lifetime. @throws KkpError `invalid_token` */
  verifyEvenEarly(token: string): TokenClaims {
    const now = unixSeconds(this.clock);
    const verdict = this.judge(token, now);
    if (verdict.ok || verdict.reason !== 'not_yet_valid') return claimsOf(verdict);
    const start = startOf(verdict.earlyClaims);
    const isTooEarly = start > now + this.rules.maxLifetimeSeconds;
    return claimsOf(isTooEarly ? verdict : judgeClaims(verdict.earlyClaims, this.rules, start));
  }

  private judge(token: string, now: number): Verdict {
    return verifyToken(token, (kid) => this.keys.verificationKey(kid), this.rules, now);
  }
}

function claimsOf(verdict: Verdict): TokenClaims {
  if (!verdict.ok) throw new KkpError('invalid_token', TEXTS[verdict.reason], { cause: verdict.reason });
  return verdict.claims;
}

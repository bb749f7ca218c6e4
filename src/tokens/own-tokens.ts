import { decodeBase64url } from '../base64url.js';
import type { SigningKeys } from '../keys/index.js';
import { parseStrictJson } from '../strict-json.js';
import { hasTokenClaims } from './claims.js';
import { kidOf } from './kid-of.js';
import { allowedClaims, type TokenRules } from './verify-token.js';

/**
 * Tells a KKP token from a caller's credential, which says who is to judge it, and nothing about whether it is good.
 *
 * A token is ours when it names a key of our ring, as every good one does: none is ever judged as a credential, not even
 * where somebody configured KKP's own keys as those of callers. Or when it has exactly the claims of a KKP token, with our
 * issuer or, where we have none, without one: so an old one is told to be that. A credential with claims of these names is
 * left alone. Both are public, so whoever is told how a token was judged learns nothing.
 */
export const ownTokens =
  (rules: TokenRules, keys: Pick<SigningKeys, 'verificationKey'>) =>
  (token: string): boolean => {
    const kid = kidOf(token);
    if (kid !== undefined && keys.verificationKey(kid)) return true;
    const bytes = decodeBase64url(token.split('.', 2)[1] ?? '');
    const payload = bytes && parseStrictJson(bytes);
    return (
      payload !== undefined && hasTokenClaims(payload, allowedClaims(rules)) && payload.iss === rules.issuer
    );
  };

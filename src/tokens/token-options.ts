import { OPTIONAL_CLAIMS } from './optional-claims.js';
import type { TokenRules, TokenType } from './verify-token.js';

export interface TokenOptions {
  /** Seconds that a token lives when its request says nothing. */
  readonly defaultTtlSeconds: number;
  /** Seconds that a token may live at most. */
  readonly maxTtlSeconds: number;
  /** Claim `iss` of every token; without it, none has one. */
  readonly issuer?: string;
  /** Default "JWT". */
  readonly typ?: TokenType;
}

/** What KKP holds the tokens to that it makes, and takes. */
export const tokenRules = ({ maxTtlSeconds, issuer, typ }: TokenOptions): TokenRules => ({
  maxLifetimeSeconds: maxTtlSeconds,
  extraClaims: OPTIONAL_CLAIMS.filter((name) => name !== 'iss' && name !== 'client_id'),
  ...(issuer !== undefined && { issuer }),
  ...(typ !== undefined && { typ }),
});

/**
 * What is wrong with a `typ` without its issuer; undefined when nothing is. RFC 9068 section 2.2 requires iss, exp, aud, sub,
 * client_id, iat and jti of an "at+jwt".
 */
export const typFault = (typ: unknown, issuer: unknown): string | undefined =>
  typ === 'at+jwt' && issuer === undefined
    ? 'must be there with tokens.typ "at+jwt", which wants the claim iss (RFC 9068 section 2.2). Allowed: a URL'
    : undefined;

const ISSUER = /^https?:\/\/[^\s?#@]+$/;

/** Whether a text can name an issuer: a URL of http or https without query, fragment and credentials (RFC 8414). */
export const isIssuer = (text: unknown): text is string =>
  typeof text === 'string' && text.length <= 1024 && ISSUER.test(text) && URL.canParse(text);

import { ConfigError } from './config-error.js';
import type { SigningKeyOptions } from './keys/index.js';
import type { KkpModuleOptions } from './kkp.options.js';
import { isIssuer, typFault, type TokenOptions } from './tokens/index.js';

const DEFAULT_TOKEN_TTL = 300;

/** @throws ConfigError for an issuer that is no URL, or that is missing */
export function tokenOptions(
  times: SigningKeyOptions,
  { tokens: given = {} }: KkpModuleOptions,
): TokenOptions {
  const { issuer, typ, ttlSeconds } = given;
  if (issuer !== undefined && !isIssuer(issuer)) {
    throw new ConfigError([
      'tokens.issuer: not an issuer. Allowed: an http or https URL without query, fragment and credentials.',
    ]);
  }
  const fault = typFault(typ, issuer);
  if (fault !== undefined) throw new ConfigError([`tokens.issuer: ${fault}.`]);
  return {
    defaultTtlSeconds: ttlSeconds ?? Math.min(DEFAULT_TOKEN_TTL, times.maxTokenTtlSeconds),
    maxTtlSeconds: times.maxTokenTtlSeconds,
    ...(issuer !== undefined && { issuer }),
    ...(typ !== undefined && { typ }),
  };
}

import { ConfigError } from './config-error.js';
import { checkKeyTimes, withKeyDefaults, type SigningKeyOptions } from './keys/index.js';
import type { KkpModuleOptions } from './kkp.options.js';
import { isIssuer, type TokenOptions } from './tokens/index.js';

const DEFAULT_TOKEN_TTL = 300;

/** @throws ConfigError for times that cannot keep the promise that no live token loses its key */
export function keyTimes({ keys: times = {}, tokens: limits = {} }: KkpModuleOptions): SigningKeyOptions {
  const options = withKeyDefaults({
    ttlSeconds: times.ttlSeconds ?? 1800,
    rotationSeconds: times.rotationSeconds ?? 900,
    maxActiveKeys: times.maxActive ?? 5,
    ...(limits.maxTtlSeconds === undefined ? {} : { maxTokenTtlSeconds: limits.maxTtlSeconds }),
  });
  const faults = checkKeyTimes(options);
  if (faults.length === 0 && (limits.ttlSeconds ?? 1) > options.maxTokenTtlSeconds) {
    faults.push(
      `tokens.ttlSeconds: longer than any token may live. Allowed: 1 to ${options.maxTokenTtlSeconds}.`,
    );
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return options;
}

/** @throws ConfigError for an issuer that is no URL */
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
  return {
    defaultTtlSeconds: ttlSeconds ?? Math.min(DEFAULT_TOKEN_TTL, times.maxTokenTtlSeconds),
    maxTtlSeconds: times.maxTokenTtlSeconds,
    ...(issuer !== undefined && { issuer }),
    ...(typ !== undefined && { typ }),
  };
}

import type { OptionReader } from 'kkp-plugin-kit';
import { systemClock, type Clock } from '../../clock.js';
import type { AuthenticatedCaller } from '../caller.js';
import { readOptions, scopesFor } from '../options.js';
import { isTrustDomain, workloadPathOf } from '../spiffe-id.js';
import { SPIFFE_ALGORITHMS } from './algorithms.js';
import { accessOf, limitsOf, readCommonOptions, readLocation, type CommonOptions } from './common-options.js';
import { JwtAuthenticator, type CredentialProfile } from './jwt-authenticator.js';
import type { LoadedKeys } from './key-set.js';
import { loadKeySet, type IssuerAccess, type KeyLocation } from './key-sources.js';
import { jwksOf } from './usable-keys.js';

/** Callers with a JWT-SVID. Their id is their SPIFFE ID, which is also what `scopes` looks for. */
export interface SpiffeOptions extends CommonOptions {
  /** For example `prod.example.org`. */
  readonly trustDomain: string;
  /** Where the bundle of the trust domain is (SPIFFE Trust Domain and Bundle section 4, profile https_web). */
  readonly bundleUrl?: string;
  readonly bundleFile?: string;
}

/** @throws ConfigError */
export function spiffe(options: SpiffeOptions, clock: Clock = systemClock): JwtAuthenticator {
  const config = readOptions(options, parse);
  const load = (signal: AbortSignal) => loadBundle(config.location, accessOf(config.caFile), signal);
  return new JwtAuthenticator(profileOf(config), load, limitsOf(config, config.location), clock);
}

type Config = ReturnType<typeof parse>;

function parse(read: OptionReader) {
  const location = readLocation(read, 'bundleUrl', 'bundleFile');
  if (!location) read.fault('bundleUrl', 'must be there, or bundleFile');
  return {
    ...readCommonOptions(read),
    trustDomain: read.string('trustDomain', 'must be the name of a trust domain', isTrustDomain),
    location: location ?? ({ from: 'file', path: '' } as const),
  };
}

/** Keys and refresh hint of a bundle, which are those of a JWK set (SPIFFE Trust Domain and Bundle section 4.1). */
async function loadBundle(
  location: KeyLocation,
  access: IssuerAccess,
  signal: AbortSignal,
): Promise<LoadedKeys> {
  const bundle = await loadKeySet(location, access, signal);
  const { spiffe_refresh_hint: hint } = bundle;
  const hasHint = typeof hint === 'number' && Number.isFinite(hint) && hint > 0;
  return { jwks: jwksOf(bundle, 'jwt-svid'), ...(hasHint && { maxAgeMs: hint * 1000 }) };
}

function profileOf(config: Config): CredentialProfile {
  const issuer = `spiffe://${config.trustDomain}`;
  return {
    // The rules of JWT-SVID sections 2 and 3.
    rules: {
      ...config,
      algorithms: SPIFFE_ALGORITHMS,
      types: ['JWT', 'JOSE'],
      mayNameOthers: false,
      needsIssuedAt: false,
    },
    issuer,
    // A malformed path is still of this trust domain, to be refused by its name.
    isOwn: ({ sub }) => typeof sub === 'string' && sub.startsWith(`${issuer}/`),
    callerOf: ({ sub }) => (typeof sub === 'string' ? callerOf(sub, issuer, config) : undefined),
  };
}

function callerOf(id: string, issuer: string, config: Config): AuthenticatedCaller | undefined {
  const path = workloadPathOf(id, config.trustDomain);
  if (path === undefined) return undefined;
  return {
    kind: 'spiffe',
    id,
    issuer,
    scopes: scopesFor([id], config.scopes),
    attributes: { trust_domain: config.trustDomain, path },
  };
}

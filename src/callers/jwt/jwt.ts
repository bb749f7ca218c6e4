import type { OptionReader } from 'kkp-plugin-kit';
import { systemClock, type Clock } from '../../clock.js';
import type { AuthenticatedCaller } from '../caller.js';
import { isText, readOptions, scopesFor } from '../options.js';
import { ALGORITHMS, DEFAULT_ALGORITHMS } from './algorithms.js';
import {
  accessOf,
  limitsOf,
  readCommonOptions,
  readIssuerLocation,
  type CommonOptions,
} from './common-options.js';
import type { JsonObject } from './compact.js';
import { loadKeySet } from './key-sources.js';
import { JwtAuthenticator, type CredentialProfile } from './jwt-authenticator.js';
import { isName } from './rules.js';
import { jwksOf } from './usable-keys.js';

/** Callers with a JWT of an OpenID Connect or OAuth issuer. */
export interface JwtOptions extends CommonOptions {
  /** The claim `iss`, exactly. Where it is a URL, the keys may be discovered there. */
  readonly issuer: string;
  /** Where the keys are. Default: where the issuer's discovery document says. */
  readonly jwksUrl?: string;
  readonly jwksFile?: string;
  /** Default RS256, ES256, EdDSA, Ed25519; allowed are also RS384, RS512, ES384, ES512, PS256, PS384, PS512. */
  readonly algorithms?: readonly string[];
  /** Claim that tells callers apart; default `sub`. */
  readonly idClaim?: string;
  /** Claim with the names that `scopes` looks for, as a list or with spaces between them; default `scope`. */
  readonly scopesClaim?: string;
  /** Claims that the policy sees as attributes of the caller. */
  readonly attributes?: readonly string[];
}

/** @throws ConfigError */
export function jwt(options: JwtOptions, clock: Clock = systemClock): JwtAuthenticator {
  const config = readOptions(options, parse);
  const load = async (signal: AbortSignal) => ({
    jwks: jwksOf(await loadKeySet(config.location, accessOf(config.caFile), signal), 'sig'),
  });
  return new JwtAuthenticator(profileOf(config), load, limitsOf(config, config.location), clock);
}

type Config = ReturnType<typeof parse>;

function parse(read: OptionReader) {
  const issuer = read.string('issuer', 'must be the claim iss of the issuer', isText);
  return {
    ...readCommonOptions(read),
    issuer,
    location: readIssuerLocation(read, issuer),
    algorithms: readAlgorithms(read),
    idClaim: read.optionalString('idClaim', 'must be the name of a claim', isText) ?? 'sub',
    scopesClaim: read.optionalString('scopesClaim', 'must be the name of a claim', isText) ?? 'scope',
    attributes: read.strings('attributes'),
  };
}

function readAlgorithms(read: OptionReader): readonly string[] {
  const given = read.value('algorithms') === undefined ? DEFAULT_ALGORITHMS : read.strings('algorithms');
  if (given.length === 0 || !given.every((name) => ALGORITHMS.includes(name))) {
    read.fault('algorithms', `must be a list of ${ALGORITHMS.join(', ')}`);
  }
  return given;
}

const profileOf = (config: Config): CredentialProfile => ({
  rules: {
    ...config,
    // RFC 9068 section 2.1 names access tokens; a plain JWT says nothing, or "JWT" (RFC 7519 section 5.1).
    types: ['JWT', 'jwt', 'at+jwt', 'application/at+jwt'],
    mayNameOthers: true,
    needsIssuedAt: true,
  },
  issuer: config.issuer,
  isOwn: ({ iss }) => iss === config.issuer,
  callerOf: (claims) => callerOf(claims, config),
});

function callerOf(claims: JsonObject, config: Config): AuthenticatedCaller | undefined {
  const id = claim(claims, config.idClaim);
  if (!isName(id)) return undefined;
  const present = config.attributes.filter((name) => Object.hasOwn(claims, name));
  return {
    kind: 'jwt',
    id,
    issuer: config.issuer,
    scopes: scopesFor(namesIn(claim(claims, config.scopesClaim)), config.scopes),
    attributes: Object.fromEntries(present.map((name) => [name, claims[name]])),
  };
}

const claim = (claims: JsonObject, name: string): unknown =>
  Object.hasOwn(claims, name) ? claims[name] : undefined;

/** A list of texts, or a text with spaces (RFC 6749 section 3.3); anything else names nothing. */
function namesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.split(' ').filter((name) => name !== '');
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}

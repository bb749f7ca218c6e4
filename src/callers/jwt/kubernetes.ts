import type { OptionReader } from 'kkp-plugin-kit';
import { systemClock, type Clock } from '../../clock.js';
import type { AuthenticatedCaller } from '../caller.js';
import { isText, readOptions, scopesFor } from '../options.js';
import {
  accessOf,
  limitsOf,
  readCommonOptions,
  readIssuerLocation,
  readPath,
  type CommonOptions,
} from './common-options.js';
import type { JsonObject } from './compact.js';
import { JwtAuthenticator, type CredentialProfile } from './jwt-authenticator.js';
import { loadKeySet } from './key-sources.js';
import { objectIn } from './rules.js';
import { jwksOf } from './usable-keys.js';

/**
 * Callers with a projected service account token of a Kubernetes cluster. Their id is
 * `system:serviceaccount:NAMESPACE:NAME`, which is also what `scopes` looks for.
 */
export interface KubernetesOptions extends CommonOptions {
  /** The cluster's `--service-account-issuer`. */
  readonly issuer: string;
  /** Where the keys are. Default: where the issuer's discovery document says. */
  readonly jwksUrl?: string;
  readonly jwksFile?: string;
  /** A token to show when asking for the keys; only beside `caFile`, so that none but the cluster sees it. */
  readonly tokenFile?: string;
  /** The only namespaces that callers may be in. Default: any. */
  readonly namespaces?: readonly string[];
}

const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const NAMESPACE = new RegExp(`^${LABEL}$`);
/** A namespace is a DNS label, a service account a DNS subdomain (RFC 1123). */
const SUBJECT = new RegExp(`^system:serviceaccount:(${LABEL}):(${LABEL}(?:\\.${LABEL})*)$`);

/** @throws ConfigError */
export function kubernetes(options: KubernetesOptions, clock: Clock = systemClock): JwtAuthenticator {
  const config = readOptions(options, parse);
  const load = async (signal: AbortSignal) => ({
    jwks: jwksOf(await loadKeySet(config.location, accessOf(config.caFile, config.tokenFile), signal), 'sig'),
  });
  return new JwtAuthenticator(profileOf(config), load, limitsOf(config, config.location), clock);
}

type Config = ReturnType<typeof parse>;

function parse(read: OptionReader) {
  const common = readCommonOptions(read);
  const issuer = read.string('issuer', 'must be the issuer of the service account tokens', isText);
  const location = readIssuerLocation(read, issuer);
  const tokenFile = readPath(read, 'tokenFile');
  if (tokenFile !== undefined && common.caFile === undefined)
    read.fault('tokenFile', 'needs caFile beside it');
  return {
    ...common,
    issuer,
    location,
    tokenFile,
    namespaces: readNamespaces(read),
  };
}

function readNamespaces(read: OptionReader): readonly string[] | undefined {
  if (read.value('namespaces') === undefined) return undefined;
  const names = read.strings('namespaces');
  if (names.length === 0 || !names.every((name) => NAMESPACE.test(name))) {
    read.fault('namespaces', 'must be a list of at least one namespace');
  }
  return names;
}

const profileOf = (config: Config): CredentialProfile => ({
  rules: {
    ...config,
    algorithms: ['RS256', 'ES256', 'ES384', 'ES512'],
    types: ['JWT'],
    mayNameOthers: true,
    needsIssuedAt: true,
  },
  issuer: config.issuer,
  isOwn: ({ iss }) => iss === config.issuer,
  callerOf: (claims) => callerOf(claims, config),
});

function callerOf(claims: JsonObject, config: Config): AuthenticatedCaller | undefined {
  const [id, namespace = '', name] = SUBJECT.exec(typeof claims.sub === 'string' ? claims.sub : '') ?? [];
  const said = objectIn(claims['kubernetes.io']);
  if (id === undefined) return undefined;
  if (said.namespace !== namespace || objectIn(said.serviceaccount).name !== name) return undefined;
  if (config.namespaces && !config.namespaces.includes(namespace)) return undefined;
  const { name: pod } = objectIn(said.pod);
  return {
    kind: 'kubernetes',
    id,
    issuer: config.issuer,
    scopes: scopesFor([id], config.scopes),
    attributes: { namespace, serviceaccount: name, ...(typeof pod === 'string' && { pod }) },
  };
}

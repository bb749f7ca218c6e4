import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { OptionReader } from 'kkp-plugin-kit';
import { systemClock, type Clock } from '../../clock.js';
import { readOptions, readScopeTable } from '../options.js';
import { isTrustDomain } from '../spiffe-id.js';
import { FORMS, type Form } from './forwarded.js';
import { ID_SOURCES, type IdSource } from './identity.js';
import { MtlsAuthenticator, type ForwardedHeader, type MtlsRules } from './mtls-authenticator.js';
import { readProxies } from './proxies.js';

/** Callers with a client certificate. */
export interface MtlsOptions {
  /** Where the id is: the subject's common name, or the only DNS name, URI or SPIFFE ID of the certificate. */
  readonly idFrom: IdSource;
  /** With `idFrom: spiffe`: the domain of the callers, for example `prod.example.org`. */
  readonly trustDomain?: string;
  /** Authorities in PEM, one of which must have signed the certificate itself. Read at the start. */
  readonly caFile?: string;
  /** KKP's scopes, each with the ids that have it. */
  readonly scopes?: Readonly<Record<string, readonly string[]>>;
  /** The header in which a proxy forwards the certificate of its client; it must take that header away from everybody else. */
  readonly forwardedHeader?: string;
  /** `envoy`: X-Forwarded-Client-Cert with `Cert`; `pem`: URL-encoded PEM. */
  readonly forwardedForm?: Form;
  /** Addresses of the proxies, and networks like `10.0.0.0/8`. From all others the header is refused. */
  readonly trustedProxies?: readonly string[];
}

const HEADER = /^[A-Za-z0-9-]{1,64}$/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws ConfigError */
export function mtls(options: MtlsOptions, clock: Clock = systemClock): MtlsAuthenticator {
  return new MtlsAuthenticator(readOptions(options, parse), clock);
}

function parse(read: OptionReader): MtlsRules {
  const idFrom = read.oneOf('idFrom', ID_SOURCES);
  const trustDomain = read.optionalString('trustDomain', 'must be the name of a trust domain', isTrustDomain);
  if ((idFrom === 'spiffe') !== (trustDomain !== undefined)) {
    read.fault('trustDomain', 'must be there with idFrom: spiffe, and with no other');
  }
  return {
    idFrom,
    trustDomain,
    authorities: readAuthorities(read),
    scopes: readScopeTable(read),
    forwarded: readForwarded(read),
  };
}

function readAuthorities(read: OptionReader): readonly X509Certificate[] {
  const path = read.optionalString('caFile', 'must be the path of a file', (text) => text !== '');
  if (path === undefined) return [];
  try {
    const blocks = readFileSync(path, 'utf8').match(CERTIFICATE) ?? [];
    const authorities = blocks.map((pem) => new X509Certificate(pem));
    if (authorities.length > 0 && authorities.every(({ ca }) => ca)) return authorities;
  } catch {
    // The same fault, whatever is wrong.
  }
  read.fault(
    'caFile',
    'must be the path of a file with certificates of authorities in PEM, and nothing else',
  );
  return [];
}

function readForwarded(read: OptionReader): ForwardedHeader | undefined {
  const isHeader = (text: string): boolean => HEADER.test(text) && text.toLowerCase() !== 'authorization';
  const name = read.optionalString('forwardedHeader', 'must be the name of a header', isHeader);
  const networks = read.strings('trustedProxies');
  const form = name === undefined ? undefined : read.oneOf('forwardedForm', FORMS);
  const proxies = readProxies(networks);
  if (!proxies) {
    read.fault('trustedProxies', 'must be addresses and networks like 10.0.0.0/8, and not everybody');
  }
  if ((name === undefined) !== (networks.length === 0)) {
    read.fault('trustedProxies', 'must be there with forwardedHeader, and not without it');
  }
  return name === undefined || !form || !proxies ? undefined : { name: name.toLowerCase(), form, proxies };
}

import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../clock.js';
import { KkpError } from '../../errors.js';
import type { Authenticator, CallerRequest } from '../authenticator.js';
import type { AuthenticatedCaller } from '../caller.js';
import { valuesOf } from '../header-values.js';
import { scopesFor, type ScopeTable } from '../options.js';
import { certificateIn, type Form } from './forwarded.js';
import { idIn, type IdSource } from './identity.js';
import type { Proxies } from './proxies.js';
import { certificateThumbprint } from './thumbprint.js';

/** id-kp-clientAuth (RFC 5280 section 4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** How proxies that are believed say who their client is. */
export interface ForwardedHeader {
  /** In lower case. */
  readonly name: string;
  readonly form: Form;
  readonly proxies: Proxies;
}

export interface MtlsRules {
  readonly idFrom: IdSource;
  readonly trustDomain: string | undefined;
  /** Authorities that must have signed the certificate themselves; empty when that of the handshake, or the proxy, is enough. */
  readonly authorities: readonly X509Certificate[];
  readonly scopes: ScopeTable;
  readonly forwarded: ForwardedHeader | undefined;
}

/** Callers with a client certificate: that of the connection, or one that a proxy in front forwards. */
export class MtlsAuthenticator implements Authenticator {
  readonly oauthMethod = 'tls_client_auth';

  constructor(
    private readonly rules: MtlsRules,
    private readonly clock: Clock,
  ) {}

  get credentialHeaders(): readonly string[] {
    const { forwarded } = this.rules;
    return forwarded ? [forwarded.name] : [];
  }

  /** Behind a proxy the certificate of the connection is the proxy's. */
  get bindsTokens(): boolean {
    return this.rules.forwarded === undefined;
  }

  authenticate(request: CallerRequest): Promise<AuthenticatedCaller | undefined> {
    return new Promise((resolve) => {
      const certificate = certificateOf(request, this.rules.forwarded);
      resolve(certificate && this.#callerOf(certificate));
    });
  }

  #callerOf(certificate: X509Certificate): AuthenticatedCaller {
    const { idFrom, trustDomain, scopes } = this.rules;
    this.#check(certificate);
    const id = idIn(certificate, idFrom, trustDomain);
    if (id === undefined)
      throw refused('The client certificate does not name exactly one caller who is accepted here.');
    return {
      kind: 'mtls',
      id,
      issuer: trustDomain === undefined ? oneLine(certificate.issuer) : `spiffe://${trustDomain}`,
      scopes: scopesFor([id], scopes),
      attributes: {
        'x5t#S256': certificateThumbprint(certificate.raw),
        serial_number: certificate.serialNumber,
        subject: oneLine(certificate.subject),
        not_after: new Date(certificate.validTo).toISOString(),
      },
    };
  }

  /** The handshake may be old, and of a forwarded certificate nothing was checked here. */
  #check(certificate: X509Certificate): void {
    const { authorities } = this.rules;
    const now = this.clock.now();
    const isInTime = Date.parse(certificate.validFrom) <= now && now < Date.parse(certificate.validTo);
    if (!isInTime) throw refused('The client certificate is not valid at this time.');
    // Undefined where the certificate leaves its use open.
    const uses = certificate.keyUsage as readonly string[] | undefined;
    if (certificate.ca || uses?.includes(CLIENT_AUTH) === false) {
      throw refused('The certificate is not one of a client.');
    }
    if (authorities.length > 0 && !authorities.some((authority) => isSignedBy(certificate, authority))) {
      throw refused('The client certificate is of an authority that is not accepted here.');
    }
  }
}

/** The certificate of the client; undefined when it showed none. Of a proxy's connection the certificate is the proxy's. */
function certificateOf(
  request: CallerRequest,
  forwarded: ForwardedHeader | undefined,
): X509Certificate | undefined {
  const { clientCertificate, remoteAddress } = request;
  const isProxy = forwarded?.proxies.includes(remoteAddress) === true;
  const [value, another] = forwarded ? valuesOf(request, forwarded.name) : [];
  if (!forwarded || value === undefined) {
    return clientCertificate && !isProxy ? new X509Certificate(clientCertificate) : undefined;
  }
  if (!isProxy) throw refused('A certificate may be forwarded by the configured proxies only.');
  const certificate = another === undefined ? certificateIn(value, forwarded.form) : undefined;
  if (!certificate) throw refused('The proxy must forward exactly one client certificate.');
  return certificate;
}

/** Node gives each part of a name a line, and nothing for an empty name. */
const oneLine = (name: string | undefined): string => (name ?? '').replaceAll('\n', ', ');

const isSignedBy = (certificate: X509Certificate, authority: X509Certificate): boolean =>
  certificate.checkIssued(authority) && certificate.verify(authority.publicKey);

const refused = (text: string): KkpError => new KkpError('unauthenticated', text);

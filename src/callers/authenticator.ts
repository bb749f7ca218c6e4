import type { IncomingHttpHeaders } from 'node:http';
import type { KkpLog } from '../log.js';
import type { AuthenticatedCaller } from './caller.js';
import type { JwtSubject } from './subject.js';

/** What is known of a request before its body is read. */
export interface CallerRequest {
  readonly method: string;
  /** The request target as it was sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values by turns, as they were sent: where a header that may be there once is there twice. */
  readonly rawHeaders: readonly string[];
  /** The connection's other end: the client, or the last proxy before KKP. */
  readonly remoteAddress: string;
  /** Whether that connection is TLS. */
  readonly secure?: boolean;
  /** The client's certificate in DER, where the TLS handshake has proven it and its chain. */
  readonly clientCertificate?: Buffer;
}

/** How an authenticator stands with the keys that it has from somebody else. */
export interface IssuerKeysStatus {
  /** False: credentials cannot be judged, for no keys were had yet, or none for too long. */
  readonly usable: boolean;
  /** Since they were had last; absent: they never were. */
  readonly ageSeconds?: number;
  /** How often they were asked for in vain. */
  readonly failures: number;
}

export interface IssuerKeys {
  /** As configured, never as a credential says. */
  readonly issuer: string;
  status(): IssuerKeysStatus;
  /** Asks for keys where none are usable, unless that is known to be in vain for now. Never fails. */
  want(): Promise<void>;
}

/** Tells who a request comes from, by one kind of credential. */
export interface Authenticator {
  /**
   * The caller; undefined when the request has no credential of this authenticator's kind and issuer.
   * @throws KkpError `unauthenticated` for a credential that is its own and not good
   */
  authenticate(request: CallerRequest): Promise<AuthenticatedCaller | undefined>;
  /**
   * Whom a JWT names that somebody shows for an exchange (RFC 8693), by the same rules as a credential; undefined when it is
   * of another issuer. Absent: nothing of this authenticator's kind can be exchanged.
   * @throws KkpError `unauthenticated` for a JWT that is its own and not good
   */
  subjectOf?(jwt: string): Promise<JwtSubject | undefined>;
  /** How OAuth calls this way to authenticate (RFC 8414 section 2); absent: it has no name there. */
  readonly oauthMethod?: 'client_secret_basic' | 'tls_client_auth';
  /** Whether its callers show certificates of their own connections, to which tokens can be bound (RFC 8705). Default: no. */
  readonly bindsTokens?: boolean;
  /**
   * The headers, in lower case, that its credentials are in beside `authorization`: by them a good one is known again while
   * strangers of its network are held off. Absent: all requests of the network are held off then.
   */
  readonly credentialHeaders?: readonly string[];
  /** Absent: it depends on nobody's keys. */
  readonly issuerKeys?: IssuerKeys;
  /** Told once, before the first request, where to write. */
  useLog?(log: KkpLog): void;
  /** Ends what runs in the background. */
  close?(): void | Promise<void>;
}

import { KkpError } from '../errors.js';
import type { KkpLog } from '../log.js';
import type { Authenticator, CallerRequest, IssuerKeys } from './authenticator.js';
import { ANONYMOUS, isAuthenticated, NOBODY, type AuthenticatedCaller, type Caller } from './caller.js';
import { valuesOf } from './header-values.js';
import type { JwtSubject } from './subject.js';

/** Asks the configured authenticators who a request comes from. With none, everybody is anonymous. */
export class CallerAuthentication {
  constructor(
    private readonly authenticators: readonly Authenticator[] = [],
    log?: KkpLog,
  ) {
    if (log) for (const authenticator of authenticators) authenticator.useLog?.(log);
  }

  /** False in anonymous development mode. */
  get isOn(): boolean {
    return this.authenticators.length > 0;
  }

  /** The keys of all issuers that callers come from. */
  get issuerKeys(): readonly IssuerKeys[] {
    return this.authenticators.flatMap(({ issuerKeys }) => issuerKeys ?? []);
  }

  /** Whether nobody can be authenticated without the keys of an issuer. */
  get needsIssuers(): boolean {
    return this.isOn && this.authenticators.every(({ issuerKeys }) => issuerKeys !== undefined);
  }

  /** Who asks when nobody said so. */
  get nobody(): Caller {
    return this.isOn ? NOBODY : ANONYMOUS;
  }

  /**
   * What a request shows of its caller, as a text to know it again by: undefined when there is nothing that an authenticator
   * would judge, empty when that cannot be told, for one of them does not name its headers.
   */
  credentialIn({ headers, clientCertificate }: CallerRequest): string | undefined {
    if (!this.isOn) return undefined;
    if (this.authenticators.some(({ credentialHeaders }) => credentialHeaders === undefined)) return '';
    const names = ['authorization', ...this.authenticators.flatMap((each) => each.credentialHeaders ?? [])];
    const shown = [...names.map((name) => headers[name]), clientCertificate?.toString('base64url')];
    return shown.every((part) => part === undefined) ? undefined : JSON.stringify(shown);
  }

  /**
   * Every authenticator looks at the request, so that two credentials in one request are seen and refused.
   * @throws KkpError `unauthenticated` for a credential that is not good; `invalid_request` for more than one
   */
  async authenticate(request: CallerRequest): Promise<Caller> {
    if (!this.isOn) return ANONYMOUS;
    refuseRepeatedAuthorization(request);
    const [caller, another] = await this.#callersIn(request);
    if (another !== undefined) throw new KkpError('invalid_request', 'Send exactly one credential.');
    if (request.headers.authorization === undefined) return caller ?? NOBODY;
    // Of whoever is known without this header, what is in it is another credential, and one that nobody here knows. They are
    // asked again, for an authenticator of one method cannot say what it has read; without its credential it costs nothing.
    if (caller === undefined || (await this.#callersIn(withoutAuthorization(request))).length > 0) {
      throw new KkpError('unauthenticated', 'The credential is of no kind or issuer that is accepted here.');
    }
    return caller;
  }

  async #callersIn(request: CallerRequest): Promise<AuthenticatedCaller[]> {
    const found: AuthenticatedCaller[] = [];
    for (const authenticator of this.authenticators) {
      const caller = await authenticator.authenticate(request);
      if (caller !== undefined) found.push(checked(caller));
    }
    return found;
  }

  /**
   * Whom a JWT names that somebody shows for an exchange, judged as if it were the one credential of a request.
   * @throws KkpError `unauthenticated` for a JWT that is not good, or of no issuer that is accepted
   */
  async subjectOf(jwt: string): Promise<JwtSubject> {
    const found: JwtSubject[] = [];
    for (const authenticator of this.authenticators) {
      const subject = await authenticator.subjectOf?.(jwt);
      if (subject !== undefined) found.push({ ...subject, caller: checked(subject.caller) });
    }
    const [subject, another] = found;
    if (subject && another === undefined) return subject;
    throw new KkpError('unauthenticated', 'The token is of no issuer that is accepted here.');
  }

  /** Whether some JWT can be exchanged. */
  get takesSubjects(): boolean {
    return this.authenticators.some((authenticator) => authenticator.subjectOf !== undefined);
  }

  /** Whether tokens can be bound to the certificates of some callers. */
  get bindsTokens(): boolean {
    return this.authenticators.some((authenticator) => authenticator.bindsTokens === true);
  }

  /** The ways to authenticate that have a name in OAuth, sorted. */
  get oauthMethods(): readonly string[] {
    return [...new Set(this.authenticators.flatMap(({ oauthMethod }) => oauthMethod ?? []))].sort();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.authenticators.map(async (authenticator) => authenticator.close?.()));
  }
}

/** The same request, had it come without the header. */
export function withoutAuthorization(request: CallerRequest): CallerRequest {
  const headers = { ...request.headers };
  delete headers.authorization;
  return { ...request, headers };
}

/** Node keeps the first of two and hides the other. */
function refuseRepeatedAuthorization(request: CallerRequest): void {
  if (valuesOf(request, 'authorization').length > 1) {
    throw new KkpError(
      'invalid_request',
      'Send exactly one credential: there are two Authorization headers.',
    );
  }
}

/** An authenticator of somebody else's making may not hand out what KKP takes for "nobody". */
function checked(caller: AuthenticatedCaller): AuthenticatedCaller {
  if (isAuthenticated(caller) && typeof caller.id === 'string' && caller.id !== '') return caller;
  throw new KkpError('internal_error', 'The request failed for a reason on this side.', {
    cause: new Error('An authenticator gave a caller of a reserved kind or without an id.'),
  });
}

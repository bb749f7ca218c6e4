import { unixSeconds, type Clock } from '../../clock.js';
import { KkpError } from '../../errors.js';
import type { KkpLog } from '../../log.js';
import type { Authenticator, CallerRequest, IssuerKeys } from '../authenticator.js';
import type { AuthenticatedCaller } from '../caller.js';
import { headerTokenOf } from '../header-token.js';
import type { JwtSubject } from '../subject.js';
import { readCompactJwt, type JsonObject } from './compact.js';
import { KeySet, type KeySetLimits, type LoadKeys } from './key-set.js';
import { isSigned } from './signature.js';
import { claimsFault, goodHeader, type CredentialRules } from './rules.js';

/** A kind of JWT credential: what it must be like, and whom it names. */
export interface CredentialProfile {
  readonly rules: CredentialRules;
  /** Who vouches, as configured. */
  readonly issuer: string;
  /** Whether unverified claims say that the credential is of this issuer: who is to judge it, and nothing more. */
  isOwn(claims: JsonObject): boolean;
  /** The caller of a credential that is good; undefined when it names nobody who is accepted. */
  callerOf(claims: JsonObject): AuthenticatedCaller | undefined;
}

/** Callers who show a JWT as `Authorization: Bearer`. */
export class JwtAuthenticator implements Authenticator {
  readonly credentialHeaders = [];
  readonly issuerKeys: IssuerKeys;
  readonly #keys: KeySet;
  #log: KkpLog | undefined;

  constructor(
    private readonly profile: CredentialProfile,
    load: LoadKeys,
    limits: KeySetLimits,
    private readonly clock: Clock,
  ) {
    const keys = new KeySet(load, limits, clock, (...line) => this.#log?.(...line));
    this.#keys = keys;
    this.issuerKeys = {
      issuer: profile.issuer,
      status: () => keys.status(),
      want: () => keys.want(),
    };
  }

  useLog(log: KkpLog): void {
    this.#log = log;
  }

  async authenticate({ headers }: CallerRequest): Promise<AuthenticatedCaller | undefined> {
    const shown = headerTokenOf(headers);
    const good = shown?.scheme === 'bearer' ? await this.#judge(shown.token) : undefined;
    // A caller has no actors: to take it would be to forget who acts for its subject.
    if (good && 'act' in good.claims)
      throw refused('The credential is of one who acts for another: exchange it.');
    return good?.caller;
  }

  async subjectOf(token: string): Promise<JwtSubject | undefined> {
    const good = await this.#judge(token);
    if (!good) return undefined;
    const { caller, claims } = good;
    const { exp, nbf, act, may_act: mayAct } = claims;
    return {
      caller,
      // Numbers, or the credential would not be good.
      expiresAt: exp as number,
      ...('nbf' in claims && { notBefore: nbf as number }),
      ...('act' in claims && { act }),
      ...('may_act' in claims && { mayAct }),
    };
  }

  async #judge(token: string): Promise<{ caller: AuthenticatedCaller; claims: JsonObject } | undefined> {
    const jwt = readCompactJwt(token);
    if (!jwt || !this.profile.isOwn(jwt.claims)) return undefined;
    const header = goodHeader(jwt, this.profile.rules);
    if (!header) throw refused('The header of the credential is not accepted here.');
    if (!(await isSigned(jwt, header, this.#keys))) {
      throw refused('The credential is not signed by a key of its issuer.');
    }
    const fault = claimsFault(jwt.claims, this.profile.rules, unixSeconds(this.clock));
    if (fault !== undefined) throw refused(fault);
    const caller = this.profile.callerOf(jwt.claims);
    if (!caller) throw refused('The credential names nobody who is accepted here.');
    return { caller, claims: jwt.claims };
  }

  close(): void {
    this.#keys.close();
  }
}

const refused = (text: string): KkpError => new KkpError('unauthenticated', text);

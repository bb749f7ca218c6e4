import { Inject, Injectable } from '@nestjs/common';
import {
  CallerAuthentication,
  headerTokenOf,
  isAuthenticated,
  withoutAuthorization,
} from '../callers/index.js';
import { KkpError } from '../errors.js';
import { Possession } from '../possession/index.js';
import { Quotas, RefusedCredentials } from '../quotas/index.js';
import type { Asker } from './asker.js';
import { IS_OWN_TOKEN, type IsOwnToken } from './own-token.js';
import { factsOf, rawRequest } from './request-facts.js';

/** Finds out who asks, and counts the request, once a request: in the hook where the platform has one, else in the guard. */
@Injectable()
export class Authentication {
  private readonly askers = new WeakMap<object, Promise<Asker>>();

  constructor(
    @Inject(CallerAuthentication) private readonly callers: CallerAuthentication,
    @Inject(Possession) private readonly possession: Possession,
    @Inject(Quotas) private readonly quotas: Quotas,
    @Inject(RefusedCredentials) private readonly refusals: RefusedCredentials,
    @Inject(IS_OWN_TOKEN) private readonly isOwnToken: IsOwnToken,
  ) {}

  /** @throws KkpError `unauthenticated`, `invalid_request`, `invalid_dpop_proof`, `rate_limited` */
  askerOf(request: object): Promise<Asker> {
    const raw = rawRequest(request);
    const asker = this.askers.get(raw) ?? this.admit(request);
    this.askers.set(raw, asker);
    return asker;
  }

  private async admit(request: object): Promise<Asker> {
    const facts = factsOf(request);
    const address = facts.remoteAddress;
    const shown = headerTokenOf(facts.headers);
    const own = shown && this.isOwnToken(shown.token) ? shown : undefined;
    // A KKP token is no credential of a caller: whoever shows one may also have a certificate.
    const judged = own ? withoutAuthorization(facts) : facts;
    const credential = this.callers.credentialIn(judged) ?? (facts.headers.dpop && (own?.token ?? ''));
    const judging = async (): Promise<Asker> => {
      const caller = await this.callers.authenticate(judged);
      this.quotas.admit({ caller, address });
      return { caller, address, ...own, ...(await this.possession.shownBy(facts, own?.scheme)) };
    };
    // Only a caller proves a credential: a KKP token is still to be judged, with its use.
    const isProof = ({ caller }: Asker): boolean => isAuthenticated(caller);
    try {
      return await this.refusals.judge(address, credential, judging, isProof);
    } catch (error) {
      throw shown?.scheme === 'bearer' && !own ? asBearer(error) : error;
    }
  }
}

/** What was wrong with a bearer credential, told as such (RFC 6750 section 3.1). */
const asBearer = (error: unknown): unknown =>
  error instanceof KkpError && error.code === 'unauthenticated'
    ? new KkpError('invalid_bearer', error.detail, { cause: error.cause })
    : error;

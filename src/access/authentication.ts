import { Inject, Injectable } from '@nestjs/common';
import { CallerAuthentication, type CallerRequest } from '../callers/index.js';
import { KkpError } from '../errors.js';
import { Possession } from '../possession/index.js';
import { Quotas } from '../quotas/index.js';
import type { Asker } from './asker.js';
import { bearerOf, IS_OWN_TOKEN, type IsOwnToken } from './bearer.js';
import { factsOf, rawRequest } from './request-facts.js';

/** Finds out who asks, and counts the request, once a request: in the hook where the platform has one, else in the guard. */
@Injectable()
export class Authentication {
  private readonly askers = new WeakMap<object, Promise<Asker>>();

  constructor(
    @Inject(CallerAuthentication) private readonly callers: CallerAuthentication,
    @Inject(Possession) private readonly possession: Possession,
    @Inject(Quotas) private readonly quotas: Quotas,
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
    const { remoteAddress = '' } = rawRequest(request).socket;
    const asker = { ...(await this.findOut(request)), address: remoteAddress };
    this.quotas.admit(asker);
    return asker;
  }

  private async findOut(request: object): Promise<Asker> {
    const facts = factsOf(request);
    const bearer = bearerOf(facts.headers);
    const ours = bearer && this.isOwnToken(bearer.token) ? bearer : undefined;
    const judged = ours ? withoutAuthorization(facts) : facts;
    const caller = await this.callers.authenticate(judged).catch((error: unknown) => {
      throw bearer?.scheme === 'bearer' && !ours ? asBearer(error) : error;
    });
    return { caller, ...ours, ...(await this.possession.shownBy(facts, ours?.scheme)) };
  }
}

/** What was wrong with a bearer credential, told as such (RFC 6750 section 3.1). */
const asBearer = (error: unknown): unknown =>
  error instanceof KkpError && error.code === 'unauthenticated'
    ? new KkpError('invalid_bearer', error.detail, { cause: error.cause })
    : error;

/** A KKP token is no credential of a caller: whoever shows one may also have a certificate. */
function withoutAuthorization(facts: CallerRequest): CallerRequest {
  const headers = { ...facts.headers };
  delete headers.authorization;
  return { ...facts, headers };
}

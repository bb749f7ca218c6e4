import { Inject, Injectable } from '@nestjs/common';
import { CallerAuthentication, type CallerRequest } from '../callers/index.js';
import type { Asker } from './asker.js';
import { bearerOf, readsLikeOurs } from './bearer.js';
import { factsOf, rawRequest } from './request-facts.js';

/** Finds out who asks, once a request: in the hook where the platform has one, else in the guard. */
@Injectable()
export class Authentication {
  private readonly askers = new WeakMap<object, Promise<Asker>>();

  constructor(@Inject(CallerAuthentication) private readonly callers: CallerAuthentication) {}

  /** @throws KkpError `unauthenticated`, `invalid_request` */
  askerOf(request: object): Promise<Asker> {
    const raw = rawRequest(request);
    const asker = this.askers.get(raw) ?? this.findOut(request);
    this.askers.set(raw, asker);
    return asker;
  }

  private async findOut(request: object): Promise<Asker> {
    const facts = factsOf(request);
    const shown = bearerOf(facts.headers);
    if (shown === undefined || !readsLikeOurs(shown.token)) {
      return { caller: await this.callers.authenticate(facts) };
    }
    return { caller: await this.callers.authenticate(withoutAuthorization(facts)), token: shown.token };
  }
}

/** A KKP token is no credential of a caller: whoever shows one may also have a certificate. */
function withoutAuthorization(facts: CallerRequest): CallerRequest {
  const headers = { ...facts.headers };
  delete headers.authorization;
  return { ...facts, headers };
}

import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ERRORS, type KkpError } from '../errors.js';
import { KKP_LOG, type KkpLog } from '../log.js';
import { Authentication } from './authentication.js';
import { challengeFor } from './challenge.js';
import { logFault, PROBLEM_MEDIA_TYPE, retryAfterSeconds, toKkpError, toProblem } from './problem.js';
import { requestIdOf } from './request.js';

/** Names the `KkpModule` that a route belongs to, in the route's configuration on Fastify. */
export const ROUTE_OWNER = 'kkp';

export const MODULE_ID = Symbol('KKP_MODULE_ID');

/** As much of Fastify as the hook uses: the library depends on no platform. */
interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<void>,
  ): void;
}

interface FastifyRequestLike {
  readonly raw: object;
  readonly routeOptions: { readonly config: Readonly<Record<string, unknown>> };
}

interface FastifyReplyLike {
  code(status: number): FastifyReplyLike;
  headers(headers: Readonly<Record<string, string>>): FastifyReplyLike;
  send(body: string): unknown;
}

/**
 * Authenticates before a body is read, so that a stranger's costs nothing: in Fastify's onRequest, on the routes of this
 * module alone. Made before routes are registered, for a hook holds for the routes after it. Express has no such place:
 * there the guard does it.
 */
@Injectable()
export class AuthenticationHook {
  constructor(
    @Inject(HttpAdapterHost) { httpAdapter }: Partial<HttpAdapterHost>,
    @Inject(Authentication) authentication: Authentication,
    @Inject(MODULE_ID) moduleId: symbol,
    @Inject(KKP_LOG) log: KkpLog,
  ) {
    if (httpAdapter?.getType() !== 'fastify') return;
    httpAdapter.getInstance<FastifyLike>().addHook('onRequest', async (request, reply) => {
      if (request.routeOptions.config[ROUTE_OWNER] !== moduleId) return;
      try {
        await authentication.askerOf(request);
      } catch (thrown) {
        const error = toKkpError(thrown);
        const requestId = requestIdOf(request);
        logFault(log, error, requestId);
        refuse(reply, error, requestId);
      }
    });
  }
}

function refuse(reply: FastifyReplyLike, error: KkpError, requestId: string): void {
  const { status } = ERRORS[error.code];
  const challenge = challengeFor(error);
  const seconds = retryAfterSeconds(error);
  reply
    .code(status)
    .headers({
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Cache-Control': 'no-store',
      ...(challenge !== undefined && { 'WWW-Authenticate': challenge }),
      ...(seconds !== undefined && { 'Retry-After': String(seconds) }),
    })
    .send(JSON.stringify(toProblem(error, requestId)));
}

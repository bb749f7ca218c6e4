import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable, type Type } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { Authentication } from './authentication.js';
import { routeFaceOf, type Refusal } from './face.js';
import { NATIVE } from './native-face.js';
import { KKP_LOG, type KkpLog } from '../log.js';
import { requireCaller, type AnyOperation } from './operation.js';
import { logFault, toKkpError } from './problem.js';
import { requestIdOf } from './request.js';

/** Names the `KkpModule` that a route belongs to, in the route's configuration on Fastify. */
export const ROUTE_OWNER = 'kkp';

/** Names the operation that a route performs, beside its owner. */
export const ROUTE_OPERATION = 'kkp:operation';

export const MODULE_ID = Symbol('KKP_MODULE_ID');

/** As much of Fastify as the hook uses: the library depends on no platform. */
interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<void>,
  ): void;
}

interface FastifyRequestLike {
  readonly method: string;
  readonly raw: object;
  readonly headers: IncomingHttpHeaders;
  readonly routeOptions: {
    readonly config: { readonly [ROUTE_OWNER]?: symbol; readonly [ROUTE_OPERATION]?: Type<AnyOperation> };
  };
}

interface FastifyReplyLike {
  code(status: number): FastifyReplyLike;
  headers(headers: Readonly<Record<string, string>>): FastifyReplyLike;
  send(body: string): unknown;
}

/**
 * No body comes with these. What is public is answered whatever a request shows and however many there are, so that no
 * verifier loses its keys; the guard authenticates where a route has one.
 */
const READS: readonly string[] = ['GET', 'HEAD'];

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
    @Inject(ModuleRef) moduleRef: ModuleRef,
  ) {
    if (httpAdapter?.getType() !== 'fastify') return;
    httpAdapter.getInstance<FastifyLike>().addHook('onRequest', async (request, reply) => {
      const { [ROUTE_OWNER]: owner, [ROUTE_OPERATION]: operation } = request.routeOptions.config;
      if (owner !== moduleId || READS.includes(request.method)) return;
      try {
        const asker = await authentication.askerOf(request);
        if (operation) requireCaller(moduleRef.get(operation), asker);
      } catch (thrown) {
        const error = toKkpError(thrown);
        logFault(log, error, requestIdOf(request));
        const face = routeFaceOf(request) ?? NATIVE;
        refuse(reply, face.refusalOf(error, requestIdOf(request), request.headers));
      }
    });
  }
}

function refuse(reply: FastifyReplyLike, { status, headers, body }: Refusal): void {
  reply.code(status).headers(headers).send(body);
}

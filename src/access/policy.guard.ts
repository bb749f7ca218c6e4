import type { IncomingHttpHeaders } from 'node:http';
import {
  Inject,
  Injectable,
  SetMetadata,
  createParamDecorator,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import type { CallContext } from '../call-context.js';
import { KkpError } from '../errors.js';
import { ANONYMOUS } from '../policy/index.js';
import { Authorizer } from './authorizer.js';
import type { Operation, Permit } from './operation.js';
import { disconnectSignal, requestIdOf } from './request.js';

type AnyOperation = Operation<object, unknown, unknown>;

const OPERATION = 'kkp:operation';
const permits = new WeakMap<object, Permit<unknown>>();

/** Names the operation that a route performs; the guard asks the policy for it. */
export const Performs = (operation: Type<unknown>) => SetMetadata(OPERATION, operation);

/** The permit that the guard obtained for this request. */
export const Permitted = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  permits.get(context.switchToHttp().getRequest<object>()),
);

/** Request id, and a signal that fires when the caller goes. */
export const Call = createParamDecorator((_data: unknown, context: ExecutionContext): CallContext => {
  const http = context.switchToHttp();
  return { requestId: requestIdOf(http.getRequest()), signal: disconnectSignal(http.getResponse()) };
});

/** Asks the policy before the handler runs. A route that names no operation is refused. */
@Injectable()
export class PolicyGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(Authorizer) private readonly authorizer: Authorizer,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const type = this.reflector.get<Type<AnyOperation> | undefined>(OPERATION, context.getHandler());
    if (!type) throw new KkpError('policy_denied', 'The route names no operation that a policy could allow.');
    const request = context.switchToHttp().getRequest<{ body?: unknown; headers: IncomingHttpHeaders }>();
    refuseOtherMediaTypes(request.headers['content-type']);
    const call = { requestId: requestIdOf(request) };
    permits.set(request, this.authorizer.authorize(this.moduleRef.get(type), request.body, ANONYMOUS, call));
    return true;
  }
}

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/** A host's parsers for forms would open the routes to pages of other origins, which send forms without asking. */
function refuseOtherMediaTypes(type: string | undefined): void {
  if (type === undefined || JSON_TYPE.test(type)) return;
  throw new KkpError('unsupported_media_type', 'The body must be JSON: send Content-Type: application/json.');
}

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
import { Authentication } from './authentication.js';
import { Authorizer } from './authorizer.js';
import { faceOf, type Face } from './face.js';
import { NATIVE } from './native-face.js';
import type { AnyOperation } from './operation.js';
import { disconnectSignal, requestIdOf } from './request.js';

const OPERATION = 'kkp:operation';
const EACH = 'kkp:each';
const permits = new WeakMap<object, unknown>();

/** Names the operation that a route performs; the guard asks the policy for it. */
export const Performs = (operation: Type<unknown>) => SetMetadata(OPERATION, operation);

/** Names the operation that a route performs for each item of a batch. */
export const PerformsEach = (operation: Type<unknown>) => SetMetadata(EACH, operation);

/** The operation that the method of a controller performs, once or for each item; undefined when it names none. */
export const operationOf = (method: object): Type<AnyOperation> | undefined =>
  (Reflect.getMetadata(OPERATION, method) ?? Reflect.getMetadata(EACH, method)) as
    Type<AnyOperation> | undefined;

/** The permit that the guard obtained for this request; of a batch, one question for each item. */
export const Permitted = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  permits.get(context.switchToHttp().getRequest<object>()),
);

/** Request id, and a signal that fires when the caller goes. */
export const Call = createParamDecorator((_data: unknown, context: ExecutionContext): CallContext => {
  const http = context.switchToHttp();
  return { requestId: requestIdOf(http.getRequest()), signal: disconnectSignal(http.getResponse()) };
});

/** Asks the policy before the handler runs, or before each item of a batch. A route that names no operation is refused. */
@Injectable()
export class PolicyGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(Authentication) private readonly authentication: Authentication,
    @Inject(Authorizer) private readonly authorizer: Authorizer,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const single = this.operationOf(OPERATION, context);
    const each = this.operationOf(EACH, context);
    const request = context.switchToHttp().getRequest<{ body?: unknown; headers: IncomingHttpHeaders }>();
    const face = faceOf(context.getHandler()) ?? NATIVE;
    refuseOtherMediaTypes(request.headers['content-type'], face);
    const asker = await this.authentication.askerOf(request);
    const call = { requestId: requestIdOf(request) };
    if (single) {
      const members = face.membersOf(single.body, request.body, asker);
      permits.set(request, await this.authorizer.authorize(single, members, asker, call));
    } else if (each) permits.set(request, this.authorizer.authorizeEach(each, request.body, asker));
    else throw new KkpError('policy_denied', 'The route names no operation that a policy could allow.');
    return true;
  }

  private operationOf(metadata: string, context: ExecutionContext): AnyOperation | undefined {
    const type = this.reflector.get<Type<AnyOperation> | undefined>(metadata, context.getHandler());
    return type && this.moduleRef.get(type);
  }
}

/** Up to its parameters, or to what would make two types of it. */
const MEDIA_TYPE = /^([^\s;,]+)\s*(?:;|$)/;

/** A host's parsers for forms would open KKP's own routes to pages of other origins, which send forms without asking. */
function refuseOtherMediaTypes(type: string | undefined, { mediaType }: Face): void {
  if (type === undefined || MEDIA_TYPE.exec(type)?.[1]?.toLowerCase() === mediaType) return;
  throw new KkpError(
    'unsupported_media_type',
    `No other body is read here: send Content-Type: ${mediaType}.`,
  );
}

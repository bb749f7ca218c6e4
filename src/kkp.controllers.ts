import { Controller, type Type } from '@nestjs/common';
import { faceOf, operationOf, ROUTE_FACE, ROUTE_OPERATION, ROUTE_OWNER } from './access/index.js';
import { DataKeyController } from './data-keys/index.js';
import { EnvelopeBatchController, EnvelopeController } from './envelope/index.js';
import { KeysController } from './keys/index.js';
import { OAuthController, OAuthMetadataController } from './oauth/index.js';
import { RevocationController } from './revocation/index.js';
import { TokenController } from './tokens/index.js';

const CONTROLLERS: readonly [Type<unknown>, string][] = [
  [TokenController, ''],
  [EnvelopeController, 'envelope'],
  [EnvelopeBatchController, 'envelope'],
  [DataKeyController, 'datakey'],
  [KeysController, ''],
  [RevocationController, ''],
  [OAuthController, ''],
  [OAuthMetadataController, ''],
];

/** Nest's own name for the configuration of a route on Fastify: what `@RouteConfig` of its Fastify platform sets. */
const FASTIFY_ROUTE_CONFIG = '__fastify_route_config__';

/**
 * The controllers, with their routes below `path`, owned by the module `moduleId`. Each call makes classes of its own:
 * Nest keeps a path on the class and a configuration on the method, and two modules in one application want two of each.
 */
export function controllersUnder(path: string, moduleId: symbol): Type<unknown>[] {
  return CONTROLLERS.map(([base, own]) => {
    const placed = class extends (base as Type<object>) {};
    Object.defineProperty(placed, 'name', { value: base.name });
    for (const [name, method] of methodsOf(base)) {
      Object.defineProperty(placed.prototype, name, { value: ownedCopy(method, moduleId) });
    }
    Controller([path, own].filter((part) => part !== '').join('/'))(placed);
    return placed;
  });
}

type Method = (this: object, ...values: unknown[]) => unknown;

function methodsOf(base: Type<unknown>): [string, Method][] {
  const members = Object.entries(Object.getOwnPropertyDescriptors(base.prototype as object));
  return members.flatMap(([name, { value }]) =>
    name !== 'constructor' && typeof value === 'function' ? [[name, value as Method]] : [],
  );
}

/** The same method with the same metadata, and the marks of its owner, operation and face. */
function ownedCopy(method: Method, moduleId: symbol): Method {
  const copy: Method = function (...values) {
    return method.apply(this, values);
  };
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), copy);
  }
  const face = faceOf(method);
  const marks = {
    [ROUTE_OWNER]: moduleId,
    [ROUTE_OPERATION]: operationOf(method),
    ...(face && { [ROUTE_FACE]: face }),
  };
  Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG, marks, copy);
  return copy;
}

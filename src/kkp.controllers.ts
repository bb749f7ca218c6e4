import { Controller, type Type } from '@nestjs/common';
import { DataKeyController } from './data-keys/index.js';
import { EnvelopeBatchController, EnvelopeController } from './envelope/index.js';
import { KeysController } from './keys/index.js';
import { TokenController } from './tokens/index.js';

const CONTROLLERS: readonly [Type<unknown>, string][] = [
  [TokenController, ''],
  [EnvelopeController, 'envelope'],
  [EnvelopeBatchController, 'envelope'],
  [DataKeyController, 'datakey'],
  [KeysController, ''],
];

/**
 * The controllers, with their routes below `path`. Each call makes classes of its own: Nest keeps a path on the
 * class, and two modules in one application may want two paths.
 */
export function controllersUnder(path: string): Type<unknown>[] {
  return CONTROLLERS.map(([base, own]) => {
    const placed = class extends (base as Type<object>) {};
    Object.defineProperty(placed, 'name', { value: base.name });
    Controller([path, own].filter((part) => part !== '').join('/'))(placed);
    return placed;
  });
}

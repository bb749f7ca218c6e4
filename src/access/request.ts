import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';

const ids = new WeakMap<object, string>();
const WELL_FORMED = /^[A-Za-z0-9._-]{1,64}$/;

/** Whether a text may name a request in logs and answers as it is. */
export const isRequestId = (text: unknown): text is string =>
  typeof text === 'string' && WELL_FORMED.test(text);

/** The id of a request: the platform's own (Fastify makes one), else one of ours that stays with the request. */
export function requestIdOf(request: object): string {
  const own = (request as { id?: unknown }).id;
  if (isRequestId(own)) return own;
  const id = ids.get(request) ?? randomUUID();
  ids.set(request, id);
  return id;
}

/** A signal that fires when the connection closes before the answer was written. Works on Fastify and Express. */
export function disconnectSignal(response: object): AbortSignal {
  const raw = ('raw' in response ? response.raw : response) as EventEmitter & { writableEnded: boolean };
  const controller = new AbortController();
  raw.once('close', () => {
    if (!raw.writableEnded) controller.abort(new Error('The caller closed the connection.'));
  });
  return controller.signal;
}

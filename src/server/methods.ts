import type { FastifyInstance } from 'fastify';
import { KkpError } from '../errors.js';
import { problemAnswer, sendProblem } from './problems.js';

/**
 * Answers 404 where a path is not known, and 405 with `Allow` where it is, but not for this method: before a body is read,
 * which would be refused for what it is.
 */
export function refuseUnknownRoutes(fastify: FastifyInstance): void {
  const allowed = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const methods = allowed.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    allowed.set(url, methods);
  });
  fastify.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const methods = allowed.get(request.url.split('?', 1)[0] ?? '');
    if (methods) reply.header('Allow', [...methods].join(', '));
    const error = methods
      ? new KkpError('method_not_allowed', 'The route does not answer to this method.')
      : new KkpError('not_found', 'There is no such route.');
    await sendProblem(reply, problemAnswer(error, request.id));
  });
}

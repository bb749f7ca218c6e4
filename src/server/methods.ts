import type { FastifyInstance } from 'fastify';
import { KkpError } from '../errors.js';
import { problemAnswer, sendProblem } from './problems.js';

/** Answers 405 with `Allow` where a path is known but not for this method; Fastify alone would say 404. */
export function refuseOtherMethods(fastify: FastifyInstance): void {
  const allowed = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const methods = allowed.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    allowed.set(url, methods);
  });
  fastify.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = request.is404 ? allowed.get(path) : undefined;
    if (methods === undefined) return;
    const error = new KkpError('method_not_allowed', 'The route does not answer to this method.');
    reply.header('Allow', [...methods].join(', '));
    await sendProblem(reply, problemAnswer(error, request.id));
  });
}

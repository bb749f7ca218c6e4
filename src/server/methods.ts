import type { FastifyInstance } from 'fastify';
import { PROBLEM_MEDIA_TYPE, toProblem } from '../access/index.js';
import { KkpError } from '../errors.js';

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
    const problem = toProblem(
      new KkpError('method_not_allowed', 'The route does not answer to this method.'),
      request.id,
    );
    await reply
      .code(problem.status)
      .header('Allow', [...methods].sort().join(', '))
      .type(PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify(problem));
  });
}

import type { FastifyInstance } from 'fastify';
import { valuesOf } from '../callers/index.js';
import { KkpError } from '../errors.js';
import { problemAnswer, sendProblem } from './problems.js';

/** Refuses requests that do not say their host exactly once (RFC 9112, section 3.2). HTTP/1.0 need not say it. */
export function requireOneHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (request, reply) => {
    const { httpVersion } = request.raw;
    const hosts = valuesOf(request.raw, 'host').length;
    if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return;
    const error = new KkpError('invalid_request', 'The request must have exactly one Host header.');
    await sendProblem(reply, problemAnswer(error, request.id));
  });
}

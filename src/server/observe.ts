import type { FastifyInstance } from 'fastify';
import type { KkpLog } from '../log.js';
import type { KkpMetrics } from '../metrics.js';

/** Counts and logs each answer under its route's own pattern, never under the path or query that was sent. */
export function observeRequests(fastify: FastifyInstance, metrics: KkpMetrics, log: KkpLog): void {
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
  });
  fastify.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched';
    const { method } = request;
    metrics.request(route, method, reply.statusCode, reply.elapsedTime / 1000);
    log('info', 'request', {
      request_id: request.id,
      method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 100) / 100,
    });
  });
}

import type { FastifyInstance } from 'fastify';
import type { KkpLog } from '../log.js';
import type { KkpMetrics } from '../metrics.js';

/** What became of one request. */
export interface Outcome {
  readonly requestId: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
  /** The pattern of the route, never the path that was sent. Default: 'unmatched'. */
  readonly route?: string | undefined;
}

/** Counts and logs one answer. */
export function recordOutcome(metrics: KkpMetrics, log: KkpLog, outcome: Outcome): void {
  const { requestId, method, status, seconds, route = 'unmatched' } = outcome;
  metrics.request(route, method, status, seconds);
  const ms = Math.round(seconds * 100_000) / 100;
  log('info', 'request', { request_id: requestId, method, route, status, ms });
}

/** Counts and logs each answer under its route's own pattern, never under the path or query that was sent. */
export function observeRequests(fastify: FastifyInstance, metrics: KkpMetrics, log: KkpLog): void {
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
  });
  fastify.addHook('onResponse', async (request, reply) => {
    recordOutcome(metrics, log, {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
  });
}

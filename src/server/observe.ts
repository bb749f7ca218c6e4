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

/** Who is told what became of a request. */
export interface RequestObserver {
  ended(outcome: Outcome): void;
  /** There may be thousands in a second. */
  refusedUnread(method: string): void;
}

/** Counts and logs one answer. */
function recordOutcome(metrics: KkpMetrics, log: KkpLog, outcome: Outcome): void {
  const { requestId, method, status, seconds, route = 'unmatched' } = outcome;
  metrics.request(route, method, status, seconds);
  const ms = Math.round(seconds * 100_000) / 100;
  log('info', 'request', { request_id: requestId, method, route, status, ms });
}

const TOLD_EVERY_MS = 500;
const afterAWhile = (run: () => void): unknown => setTimeout(run, TOLD_EVERY_MS).unref();

/** Collects how many requests were refused unread: there may be thousands in a second, and each should cost little. */
export class RefusedUnread {
  readonly #counts = new Map<string, number>();

  /** @param tell gets the number of each method, one after the other, when the first of them is half a second old */
  constructor(
    private readonly tell: (method: string, count: number) => void,
    private readonly later: (run: () => void) => unknown = afterAWhile,
  ) {}

  add(method: string): void {
    if (this.#counts.size === 0) this.later(() => this.#tell());
    this.#counts.set(method, (this.#counts.get(method) ?? 0) + 1);
  }

  #tell(): void {
    for (const [method, count] of this.#counts) this.tell(method, count);
    this.#counts.clear();
  }
}

/** Counts and logs what becomes of requests that reach no route. @param metrics asked for when there is something to count */
export function requestObserver(metrics: () => KkpMetrics, log: KkpLog): RequestObserver {
  const refused = new RefusedUnread((method, count) => {
    metrics().refusedUnread(method, count);
    log('warn', 'requests refused: more than can be served', { method, status: 503, count });
  });
  return {
    ended: (outcome) => recordOutcome(metrics(), log, outcome),
    refusedUnread: (method) => refused.add(method),
  };
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

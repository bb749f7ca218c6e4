import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { FastifyHttpOptions } from 'fastify';
import type { Settings } from '../config/index.js';
import type { Connections } from './connections.js';
import type { RequestObserver } from './observe.js';
import { problemAnswer, sendProblem } from './problems.js';
import { Refusals, requestIdFor } from './refusals.js';
import type { ServerTls } from './server-tls.js';
import { WaitingLine } from './waiting-line.js';

const KEEP_ALIVE_MS = 72_000;

/** Limits of the HTTP server, and its answers to what never becomes a request. */
export function httpOptions(
  { bodyLimit, requestTimeout, requestWait }: Settings,
  connections: Connections,
  observer: RequestObserver,
  tls?: ServerTls,
): FastifyHttpOptions<Server> {
  const refusals = new Refusals(requestTimeout, observer);
  return {
    bodyLimit,
    // One server, also for "localhost", where Fastify alone would make a second one without any of this.
    serverFactory: (handler) => {
      const line = new WaitingLine(requestWait, handler, (...what) => refusals.refuseUnread(...what));
      const server = listenerOn(
        {
          requestTimeout,
          headersTimeout: requestTimeout,
          // Node looks for slow requests only so often; its default of 30 s would make a 10 s limit 40 s long.
          connectionsCheckingInterval: Math.min(1000, requestTimeout),
          keepAliveTimeout: KEEP_ALIVE_MS,
          // Node's own refusal has no body; ours is in hosts.ts.
          requireHostHeader: false,
        },
        (request, response) => line.take(request, response),
        tls,
      );
      connections.watch(server);
      refusals.watch(server);
      return server;
    },
    return503OnClosing: false,
    genReqId: requestIdFor,
    clientErrorHandler: (error, socket) => refusals.refuseBytes(error, socket),
    frameworkErrors: (error, request, reply) => {
      const answer = problemAnswer(error, request.id);
      void sendProblem(reply, answer);
      observer.ended({ requestId: request.id, method: request.method, status: answer.status, seconds: 0 });
    },
  };
}

/** TLS changes nothing of the limits; a handshake has the time that a request has. */
function listenerOn(limits: ServerOptions, handler: RequestListener, tls: ServerTls | undefined): Server {
  if (tls === undefined) return createServer(limits, handler);
  const { requestTimeout: handshakeTimeout } = limits;
  const server = createTlsServer(
    { ...limits, ...tls.options, ...(handshakeTimeout !== undefined && { handshakeTimeout }) },
    handler,
  );
  tls.watch(server);
  return server;
}

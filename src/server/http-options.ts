import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions, FastifyReply } from 'fastify';
import { PROBLEM_MEDIA_TYPE, toKkpError, toProblem } from '../access/index.js';
import type { Settings } from '../config/index.js';
import { ERRORS } from '../errors.js';

const CALLERS_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Limits of the HTTP server, and its answers to what never becomes a request. */
export const httpOptions = (settings: Settings): FastifyHttpOptions<Server> => ({
  bodyLimit: settings.bodyLimit,
  requestTimeout: settings.requestTimeout,
  // Node looks for slow requests only so often; its default of 30 s would make a 10 s limit 40 s long.
  http: {
    connectionsCheckingInterval: Math.min(1000, settings.requestTimeout),
    headersTimeout: settings.requestTimeout,
  },
  forceCloseConnections: 'idle',
  return503OnClosing: false,
  genReqId: requestId,
  clientErrorHandler: answerBrokenRequest,
  frameworkErrors: (error, request, reply) => {
    const problem = toProblem(toKkpError(error), request.id);
    (reply as FastifyReply).code(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
  },
});

function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && CALLERS_ID.test(given) ? given : randomUUID();
}

const PARSER_STATUS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** Bytes that are not HTTP reach no route: the answer is written to the socket by hand. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const statusCode = PARSER_STATUS[error.code ?? ''] ?? 400;
  const problem = toProblem(toKkpError({ statusCode }), randomUUID());
  const body = JSON.stringify({ ...problem, status: statusCode });
  socket.end(
    [
      `HTTP/1.1 ${statusCode} ${statusCode === 400 ? ERRORS.invalid_request.title : problem.title}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

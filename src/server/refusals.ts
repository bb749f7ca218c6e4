import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { isRequestId } from '../access/index.js';
import { KkpError } from '../errors.js';
import type { RequestObserver } from './observe.js';
import { problemAnswer, writeProblem, type ProblemAnswer } from './problems.js';

const PARSER_STATUS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** Node keeps the response that a connection is busy with here, and names it nowhere else. */
type ServerSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

const TOO_BUSY = new KkpError('unavailable', 'Too many requests wait here. Send it again later.', {
  retryAfterSeconds: 1,
});
const ANY_ID = 'any-id';
/** Made once, up to the id of the request: whatever a refusal costs is taken from the requests that are served. */
const BUSY_ANSWER = problemAnswer(TOO_BUSY, ANY_ID);
const [BEFORE_ID, AFTER_ID] = BUSY_ANSWER.body.split(ANY_ID) as [string, string];

/** Refuses what never becomes a request to a route, with a problem, a line in the log and a count. */
export class Refusals {
  constructor(
    private readonly requestTimeoutMs: number,
    private readonly observer: RequestObserver,
  ) {}

  watch(server: Server): void {
    server.on('checkExpectation', (request, response) => this.refuseExpectation(request, response));
    server.on('connect', (request, socket) => this.refuseTunnel(request, socket));
  }

  /** Bytes that are not HTTP, and requests that do not arrive in time. */
  refuseBytes(error: Error & { code?: string }, socket: ServerSocket): void {
    // A connection that was opened and never used asks for nothing.
    if (error.code === 'ECONNRESET' || socket.bytesRead === 0) {
      socket.destroy();
      return;
    }
    if (!socket.writable || endsAfterAnswer(socket)) return;
    const statusCode = PARSER_STATUS[error.code ?? ''] ?? 400;
    const requestId = randomUUID();
    writeProblem(socket, problemAnswer({ statusCode }, requestId, statusCode));
    const seconds = statusCode === 408 ? this.requestTimeoutMs / 1000 : 0;
    this.observer.ended({ requestId, method: 'unknown', status: statusCode, seconds });
  }

  /** What the server has no time for now: at little cost, and for the record a count alone. */
  refuseUnread(request: IncomingMessage, response: ServerResponse): void {
    const id = requestIdFor(request);
    const body = BEFORE_ID + id + AFTER_ID;
    const own = { 'X-Request-Id': id, 'Content-Length': String(Buffer.byteLength(body)) };
    response.writeHead(BUSY_ANSWER.status, { ...BUSY_ANSWER.headers, ...own }).end(body);
    this.observer.refusedUnread(request.method ?? 'unknown');
  }

  private refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
    const error = new KkpError('invalid_request', 'No other expectation than 100-continue can be met.');
    const answer = this.refuse(request, error, 417);
    // The client waits with its body: whatever comes next on this connection could be either.
    response.writeHead(answer.status, { ...answer.headers, Connection: 'close' }).end(answer.body);
  }

  private refuseTunnel(request: IncomingMessage, stream: Duplex): void {
    const socket = stream as ServerSocket;
    // Node takes its hands off this socket, and an error without a listener ends the process.
    socket.on('error', () => socket.destroy());
    if (endsAfterAnswer(socket)) return;
    const answer = this.refuse(request, new KkpError('method_not_allowed', 'There are no tunnels here.'));
    writeProblem(socket, { ...answer, headers: { ...answer.headers, Allow: '' } });
  }

  private refuse(request: IncomingMessage, error: KkpError, status?: number): ProblemAnswer {
    const requestId = requestIdFor(request);
    const answer = problemAnswer(error, requestId, status);
    this.observer.ended({
      requestId,
      method: request.method ?? 'unknown',
      status: answer.status,
      seconds: 0,
    });
    return answer;
  }
}

/** The caller's own id for its request where that is well-formed, a new one otherwise. */
export function requestIdFor(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return isRequestId(given) ? given : randomUUID();
}

/**
 * Whether an earlier request on the connection is still to be answered, or its answer half written. Anything written
 * now would be taken for that answer; so it goes first, and the connection ends with it.
 */
function endsAfterAnswer(socket: ServerSocket): boolean {
  const response = socket._httpMessage;
  if (!response || !(response.req.complete || response.headersSent)) return false;
  if (response.headersSent) socket.destroySoon();
  else response.shouldKeepAlive = false;
  return true;
}

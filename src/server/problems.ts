import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { PROBLEM_MEDIA_TYPE, retryAfterHeader, toKkpError, toProblem } from '../access/index.js';

/** A problem document that the server itself writes, where no route has spoken. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @param status where the table of errors has none of its own, as for 408 and 417 */
export function problemAnswer(thrown: unknown, requestId: string, status?: number): ProblemAnswer {
  const error = toKkpError(thrown);
  const problem = toProblem(error, requestId);
  const body = JSON.stringify({ ...problem, status: status ?? problem.status });
  return {
    status: status ?? problem.status,
    headers: {
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Content-Length': String(Buffer.byteLength(body)),
      'Cache-Control': 'no-store',
      'X-Request-Id': requestId,
      ...retryAfterHeader(error),
    },
    body,
  };
}

export const sendProblem = (reply: FastifyReply, { status, headers, body }: ProblemAnswer): FastifyReply =>
  reply.code(status).headers(headers).send(body);

const LINGER_MS = 1_000;

/** Writes the answer to a connection that has no response object, and closes it. */
export function writeProblem(socket: Socket, { status, headers, body }: ProblemAnswer): void {
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
  // To destroy the socket at once would take the answer back from a client that is still sending.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

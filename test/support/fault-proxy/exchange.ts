import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** A whole answer of the service. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request of a client, and what can be done about it. */
export interface Exchange {
  readonly response: ServerResponse;
  /** Asks the service. Each call is a request. */
  forward(): Promise<Reply>;
  /** Rejects when the proxy is stopped. */
  pause(ms: number): Promise<void>;
}

/** Of one connection, not of the answer: RFC 9110, 7.6.1. The length is that of what is sent. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length'];

/** Sends the head of an answer whose body has `length` bytes, or is said to. */
export function sendHead(response: ServerResponse, { status, headers }: Reply, length: number): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.includes(name)) response.setHeader(name, value);
  }
  response.setHeader('content-length', length);
  response.writeHead(status);
}

export function send(response: ServerResponse, reply: Reply, body = reply.body): void {
  sendHead(response, reply, body.length);
  response.end(body);
}

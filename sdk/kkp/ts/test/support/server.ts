import { type IncomingMessage, type RequestListener, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as the server saw it. */
export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  /** JSON, or the parameters of a form, each in a list of its own. */
  body: unknown;
}

/** A server on loopback whose answer each test sets. */
export interface TestServer {
  url: string;
  seen: SeenRequest[];
  answer: RequestListener;
  close(): Promise<void>;
}

export async function startServer(): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const { method = '', url = '', headers } = request;
    const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
    const parsed: unknown = isForm
      ? [...new URLSearchParams(body)]
      : body === ''
        ? undefined
        : JSON.parse(body);
    seen.push({ method, url, headers, body: parsed });
    started.answer(request, response);
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const started: TestServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer: (_, response) => response.destroy(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return started;
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): RequestListener {
  return raw(JSON.stringify(body), status, { 'content-type': 'application/json', ...headers });
}

/** A problem document as KKP's error filter writes it. */
export function problem(
  status: number,
  error: string,
  headers: Record<string, string> = {},
): RequestListener {
  const detail = `The reason of ${error}.`;
  const body = {
    type: 'about:blank',
    title: 'x',
    status,
    detail,
    instance: 'urn:uuid:1',
    error,
    message: detail,
  };
  return json(body, status, { 'content-type': 'application/problem+json; charset=utf-8', ...headers });
}

/** An error as the routes of OAuth write it (RFC 6749 section 5.2). */
export const oauthProblem = (
  status: number,
  error: string,
  headers: Record<string, string> = {},
): RequestListener => json({ error, error_description: `The reason of ${error}.` }, status, headers);

export function raw(
  body: string | Uint8Array,
  status = 200,
  headers: Record<string, string> = {},
): RequestListener {
  return (_, response) => response.writeHead(status, headers).end(body);
}

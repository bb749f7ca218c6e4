import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { CallerRequest } from '../callers/index.js';
import { pathOf } from '../possession/index.js';

/** What Fastify's and Express' requests say alike. */
export function factsOf(request: object): CallerRequest {
  const raw = rawRequest(request);
  const certificate = provenCertificate(raw.socket);
  return {
    method: raw.method ?? '',
    url: raw.url ?? '',
    headers: raw.headers,
    rawHeaders: raw.rawHeaders,
    remoteAddress: raw.socket.remoteAddress ?? '',
    secure: (raw.socket as Partial<TLSSocket>).encrypted === true,
    ...(certificate && { clientCertificate: certificate }),
  };
}

/** The path that was asked for, as it was sent; empty for none. */
export const requestPath = (request: object): string => pathOf(rawRequest(request).url ?? '') ?? '';

/** Node's own request: the same object in a hook, in a guard and in a handler. */
export const rawRequest = (request: object): IncomingMessage =>
  ('raw' in request ? request.raw : request) as IncomingMessage;

function provenCertificate(socket: IncomingMessage['socket']): Buffer | undefined {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  if (authorized !== true || getPeerCertificate === undefined) return undefined;
  const certificate = getPeerCertificate.call(socket) as { raw?: Buffer };
  return certificate.raw;
}

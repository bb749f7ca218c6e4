import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { KkpError } from '../errors.js';
import { MAX_DEPTH, parseStrictJson } from '../strict-json.js';

const ALLOWED =
  'The body must be a JSON object in UTF-8, without duplicate members or lone surrogates, nested at most ' +
  `${MAX_DEPTH} levels deep. Integers beyond 2^53 - 1 must be sent as strings.`;

/**
 * JSON is the only body that KKP's own routes read: Fastify's parsers for text and forms are taken away. What two readers could
 * understand differently is refused, so that the policy judges what the service then does.
 */
export function acceptOnlyJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    done(null, readBody(request.headers, body));
  });
  // An error that a parser hands to Fastify costs the connection, even where the body was read to its end.
  fastify.addHook('preValidation', (request, _reply, done) => {
    done(request.body instanceof KkpError ? request.body : undefined);
  });
}

function readBody(headers: IncomingHttpHeaders, body: Buffer): unknown {
  const unread = whyUnread(headers);
  if (unread !== undefined) return new KkpError('unsupported_media_type', unread);
  if (body.length === 0) return undefined;
  return parseStrictJson(body, { exactIntegers: true }) ?? new KkpError('invalid_request', ALLOWED);
}

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

/** What would make the bytes of the body something else than text in UTF-8. */
export function whyUnread(headers: IncomingHttpHeaders): string | undefined {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    return 'The body must not be compressed: send no Content-Encoding.';
  const charset = CHARSET.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (charset.toLowerCase() !== 'utf-8')
    return 'The body must be in UTF-8: send no charset, or charset=utf-8.';
  return undefined;
}

import type { FastifyInstance } from 'fastify';
import { KkpError } from '../errors.js';
import { MAX_DEPTH, parseStrictJson } from '../strict-json.js';

const ALLOWED =
  'The body must be a JSON object in UTF-8, without duplicate members, lone surrogates or numbers beyond a double, ' +
  `nested at most ${MAX_DEPTH} levels deep.`;

/**
 * JSON is the only body that KKP reads: Fastify's own parsers for text and forms are taken away. What two readers could
 * understand differently is refused, so that the policy judges what the service then does.
 */
export function acceptOnlyJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    const value = body.length === 0 ? undefined : parseStrictJson(body);
    if (value === undefined && body.length > 0) done(new KkpError('invalid_request', ALLOWED));
    else done(null, value);
  });
}

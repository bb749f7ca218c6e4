import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { KkpError } from '../errors.js';

/** JSON is the only body that KKP reads: Fastify's own parsers for text and forms are taken away. */
export function acceptOnlyJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    if (!isUtf8(body)) {
      done(new KkpError('invalid_request', 'The body is not UTF-8.'));
      return;
    }
    void parse(request, body.toString('utf8'), (error, value) => {
      if (error) done(new KkpError('invalid_request', 'The body is not valid JSON.', { cause: error }));
      else done(null, value);
    });
  });
}

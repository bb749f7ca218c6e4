import type { FastifyInstance } from 'fastify';
import { routeFaceOf } from '../access/index.js';
import { KkpError } from '../errors.js';
import { FORM_TYPE } from '../oauth/index.js';
import { whyUnread } from './json-parser.js';

/** Reads forms on the routes whose face takes them, and on no others. */
export function acceptForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(FORM_TYPE, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const mediaType = routeFaceOf(request)?.mediaType;
    const unread =
      mediaType === FORM_TYPE
        ? whyUnread(request.headers)
        : 'The body must be JSON: send Content-Type: application/json.';
    if (unread !== undefined) done(null, new KkpError('unsupported_media_type', unread));
    else
      done(
        null,
        parseForm(body) ??
          new KkpError(
            'invalid_request',
            `The body must be a form in UTF-8, of at most ${MAX_PAIRS} parameters.`,
          ),
      );
  });
}

const MAX_PAIRS = 100;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The parameters of a form (RFC 6749 appendix B); one that is there more than once is a list of its first two. Undefined for
 * what readers could disagree about, a percent sign that encodes nothing and bytes that are not UTF-8, and for more pairs
 * than any form of ours has.
 */
export function parseForm(body: Uint8Array): Record<string, string | string[]> | undefined {
  try {
    const parameters = new Map<string, string | string[]>();
    const pairs = UTF8.decode(body).split('&', MAX_PAIRS + 1);
    if (pairs.length > MAX_PAIRS) return undefined;
    for (const pair of pairs) {
      if (pair === '') continue;
      const [name = '', ...rest] = pair.split('=');
      const key = decode(name);
      const value = decode(rest.join('='));
      const known = parameters.get(key);
      if (!Array.isArray(known)) parameters.set(key, known === undefined ? value : [known, value]);
    }
    return Object.fromEntries(parameters);
  } catch {
    return undefined;
  }
}

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));

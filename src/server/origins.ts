import type { FastifyInstance, FastifyRequest } from 'fastify';
import { KkpError } from '../errors.js';
import { problemAnswer, sendProblem } from './problems.js';

const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
/** What browsers say of requests of the server's own pages, and of those that a person made (Fetch Metadata, section 2.2). */
const OWN: readonly unknown[] = ['same-origin', 'none'];

/**
 * Refuses what pages of other origins make a browser send, to which it adds a client certificate or an API key by itself.
 * They can read no answer, but rotate keys all the same. Older browsers, and those without TLS, say only the `Origin`.
 */
export function refuseOtherOrigins(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (request, reply) => {
    if (SAFE.includes(request.method) || isOfOwnOrigin(request)) return;
    const error = new KkpError('policy_denied', 'Pages of other origins may not ask here.');
    await sendProblem(reply, problemAnswer(error, request.id));
  });
}

function isOfOwnOrigin({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return OWN.includes(site);
  const { origin, host } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

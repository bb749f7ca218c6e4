import type { FastifyInstance } from 'fastify';
import { ROUTE_FACE } from '../access/index.js';

/** A token, a wrapped data key, and the names around them. */
const ENVELOPE_OVERHEAD = 128 * 1024;

const TAKE_ENVELOPES = /\/envelope\/(?:decrypt|rewrap)$/;

/**
 * An envelope is larger than what went into it: base64url adds a third, and a client may escape its associated data.
 * Whatever `/envelope/encrypt` takes within `bytes`, the routes that take envelopes must take back. A batch of envelopes
 * has no more than any other body: what is too large for one is sent alone.
 */
export function takeBackWhatWasSealed(fastify: FastifyInstance, bytes: number): void {
  fastify.addHook('onRoute', (route) => {
    if (TAKE_ENVELOPES.test(route.url)) route.bodyLimit = 2 * bytes + ENVELOPE_OVERHEAD;
  });
}

/** A token of 8,192 characters, and details as long as a token can hold. */
const LARGEST_FORM = 64 * 1024;

/** A stranger may have to be let in as far as the form, where the token that it exchanges is. */
export function takeSmallForms(fastify: FastifyInstance, bytes: number): void {
  fastify.addHook('onRoute', (route) => {
    const hasFace = route.config !== undefined && Object.hasOwn(route.config, ROUTE_FACE);
    if (hasFace) route.bodyLimit = Math.min(bytes, LARGEST_FORM);
  });
}

import type { FastifyInstance } from 'fastify';

/** A token, a wrapped data key, and the names around them. */
const ENVELOPE_OVERHEAD = 128 * 1024;

/**
 * An envelope is larger than what went into it: base64url adds a third, and a client may escape its associated data.
 * Whatever `/envelope/encrypt` takes within `bytes`, `/envelope/decrypt` must take back.
 */
export function takeBackWhatWasSealed(fastify: FastifyInstance, bytes: number): void {
  fastify.addHook('onRoute', (route) => {
    if (route.url.endsWith('/envelope/decrypt')) route.bodyLimit = 2 * bytes + ENVELOPE_OVERHEAD;
  });
}

import { hash } from 'node:crypto';
import type { PublicJwk } from './ed25519.js';

/** A JWK set as it is served (RFC 7517 section 5). */
export interface Jwks {
  readonly body: string;
  /** Strong: the same ETag means the same bytes (RFC 9110 section 8.8.3). */
  readonly etag: string;
}

export function renderJwks(set: { readonly keys: readonly PublicJwk[] }): Jwks {
  const body = JSON.stringify(set);
  return { body, etag: `"${hash('sha256', body, 'base64url')}"` };
}

const LONGEST_MAX_AGE_SECONDS = 300;

/**
 * How long verifiers may keep the set. At most half a rotation interval: a scheduled rotation promotes a key that has been
 * published for a whole interval, so every cache has it by then. Zero (intervals of one second) means not to keep it.
 */
export const jwksMaxAge = (rotationSeconds: number): number =>
  Math.min(LONGEST_MAX_AGE_SECONDS, Math.floor(rotationSeconds / 2));

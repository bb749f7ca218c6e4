import { KkpError } from '../errors.js';
import type { TokenClaims } from '../tokens/index.js';
import type { Envelope } from './envelope-codec.js';

/**
 * Holds whatever the policy says: a token is for one audience, one backend and one key.
 * @throws KkpError `policy_denied`
 */
export function checkScope(claims: TokenClaims, envelope: Envelope, expectedAudience?: string): void {
  if (expectedAudience !== undefined && claims.aud !== expectedAudience) {
    throw new KkpError('policy_denied', 'The token is for another audience.');
  }
  if (claims.backend !== envelope.backend || claims.key_id !== envelope.key_id) {
    throw new KkpError('policy_denied', 'The token is for another backend or key than the envelope.');
  }
}

/** What a policy is told of an envelope: its names, never its bytes. */
export const namesOf = ({ backend, key_id, associated_data }: Envelope) => ({
  backend,
  key_id,
  ...(associated_data === undefined ? {} : { associated_data }),
});

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
  if (!isFor(claims, envelope)) {
    throw new KkpError('policy_denied', 'The token is for another backend or key than the envelope.');
  }
}

/**
 * The same of a token that stands in for a caller who asks for something new under a key.
 * @throws KkpError `policy_denied`
 */
export function checkKey(claims: TokenClaims, asked: Names): void {
  if (!isFor(claims, asked)) throw new KkpError('policy_denied', 'The token is for another backend or key.');
}

type Names = Pick<Envelope, 'backend' | 'key_id'>;

const isFor = (claims: TokenClaims, { backend, key_id }: Names): boolean =>
  claims.backend === backend && claims.key_id === key_id;

/** What a policy is told of an envelope: its names, never its bytes. */
export const namesOf = ({ backend, key_id, associated_data }: Envelope) => ({
  backend,
  key_id,
  ...(associated_data === undefined ? {} : { associated_data }),
});

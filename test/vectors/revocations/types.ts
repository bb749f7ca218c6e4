import type { VectorJwk } from '../tokens/types.js';

/** Why a list is refused, in the order of the checks. */
export type ListReason =
  | 'malformed'
  | 'unsupported_header'
  | 'unknown_key'
  | 'bad_signature'
  | 'bad_claims'
  | 'not_yet_valid'
  | 'lifetime_exceeded'
  | 'expired'
  | 'wrong_issuer';

export interface ListOptions {
  now: number;
  max_lifetime_seconds: number;
  clock_skew_seconds: number;
  issuer?: string;
}

/** Whether an accepted list takes back a good token with these claims, signed by the key `kid`. */
export interface TokenCheck {
  kid: string;
  claims: Record<string, unknown>;
  revoked: boolean;
}

export interface ListVector {
  name: string;
  list: string;
  options: ListOptions;
  verdict: 'accept' | 'reject';
  reason?: ListReason;
  rules?: Record<string, unknown>[];
  checks?: TokenCheck[];
}

/** The shape of revocations.json. */
export interface ListVectorFile {
  description: string;
  keys: { keys: VectorJwk[] };
  cases: ListVector[];
}

/** One JWK of a vector's key set: open on purpose, since many vectors carry faulty ones. */
export type VectorJwk = Record<string, unknown>;

/** The reasons of the token rules, in the order of the checks; README.md says what each means. */
export type VectorReason =
  | 'bad_key'
  | 'malformed'
  | 'unsupported_header'
  | 'unknown_key'
  | 'bad_signature'
  | 'bad_claims'
  | 'not_yet_valid'
  | 'lifetime_exceeded'
  | 'expired'
  | 'wrong_issuer'
  | 'wrong_audience';

/** How the verifier is set up; times in seconds, `now` a Unix time. */
export interface VectorOptions {
  now: number;
  max_lifetime_seconds: number;
  clock_skew_seconds: number;
  audience?: string;
  extra_claims?: string[];
  /** The only `iss` that is accepted, which then must be there and need not be among `extra_claims`. */
  issuer?: string;
  /** The only `typ` that is accepted; without it "JWT". */
  typ?: string;
}

/** One token and what every verifier must say about it. */
export interface TokenVector {
  name: string;
  token: string;
  options: VectorOptions;
  keys?: { keys: VectorJwk[] };
  verdict: 'accept' | 'reject';
  reason?: VectorReason;
  claims?: Record<string, unknown>;
}

/** The shape of tokens.json. */
export interface TokenVectorFile {
  description: string;
  keys: { keys: VectorJwk[] };
  cases: TokenVector[];
}

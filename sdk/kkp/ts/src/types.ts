/** What a token can be used for. */
export type TokenUse = 'decrypt' | 'encrypt' | 'rewrap' | 'data_key';

/** The key whose holder alone can use a token. */
export type Confirmation =
  /** SHA-256 thumbprint of a public key (`jwkThumbprint`): the holder shows DPoP proofs. */
  | { jkt: string }
  /** SHA-256 of a client certificate in DER, base64url (RFC 8705 section 3.1). */
  | { 'x5t#S256': string };

/** Who uses a token on behalf of its subject, and in `act` on whose behalf that one does (RFC 8693 section 4.1). */
export interface Actor {
  sub: string;
  iss?: string;
  act?: Actor;
}

/** Claims of a KKP token; times are Unix seconds. Other names are there only where they were asked for. */
export interface TokenClaims {
  sub: string;
  aud: string;
  backend: string;
  key_id: string;
  policy_claims: Record<string, unknown>;
  exp: number;
  iat: number;
  jti: string;
  iss?: string;
  /** Who asked for the token: in one of `typ` "at+jwt". */
  client_id?: string;
  /** The token is not to be accepted before. */
  nbf?: number;
  /** Without it: to decrypt, and to rewrap. */
  ops?: TokenUse[];
  cnf?: Confirmation;
  act?: Actor;
  [extra: string]: unknown;
}

/** Body of `POST /token`. */
export interface IssueTokenRequest {
  subject: string;
  audience: string;
  backend: string;
  key_id: string;
  /** Whole seconds, up to the server's maximum; its default without. */
  ttl_seconds?: number;
  /** Goes into the token as it is. */
  policy_claims?: Record<string, unknown>;
  /** What the token is for: claim `ops`. Without it: to decrypt, and to rewrap. */
  ops?: readonly TokenUse[];
  /** Unix seconds before which nobody accepts the token: claim `nbf`. */
  not_before?: number;
  /** The key that the token is bound to. Default: that of the client's option `dpop`, if there is one. */
  cnf?: Confirmation;
  /** Seen by the policy only. */
  request_context?: Record<string, unknown>;
}

export interface IssuedToken {
  token: string;
  /** Unix seconds. */
  expires_at: number;
  kid: string;
}

/** A sealed message; the binary members are base64url. */
export interface Envelope {
  backend: string;
  key_id: string;
  ciphertext: string;
  nonce: string;
  encrypted_data_key: string;
  associated_data?: string;
}

/** `plaintext` goes out as text or, for bytes, as `plaintext_base64`. */
export interface EncryptRequest {
  backend: string;
  key_id: string;
  plaintext: string | Uint8Array;
  /** Bound to the ciphertext, not secret, returned as given. */
  associated_data?: string;
  /** One whose `ops` has `encrypt`, in place of a credential or beside one. */
  token?: string;
  /** Seen by the policy only. */
  policy_context?: Record<string, unknown>;
}

export interface EncryptResult {
  envelope: Envelope;
}

export interface DecryptRequest {
  token: string;
  envelope: Envelope;
  expected_audience?: string;
  /** Seen by the policy only. */
  context?: Record<string, unknown>;
  /** `utf8` (the default) gives a string, `base64` gives bytes. */
  encoding?: 'utf8' | 'base64';
}

/** The answer of `POST /envelope/decrypt`, its plaintext decoded. */
export interface DecryptResult<Plaintext extends string | Uint8Array = string> {
  plaintext: Plaintext;
  claims: TokenClaims;
}

/** Body of `POST /datakey`. */
export interface DataKeyRequest {
  backend: string;
  key_id: string;
  /** How long the data key is; default 32. */
  bytes?: 16 | 32 | 64;
  /** Bound to the envelope of the data key, not secret, returned in it. */
  associated_data?: string;
  /** Default true; false asks for the envelope alone. */
  include_plaintext?: boolean;
  /** One whose `ops` has `data_key`, in place of a credential or beside one. */
  token?: string;
  /** Seen by the policy only. */
  policy_context?: Record<string, unknown>;
}

/** A key to encrypt with here, and the envelope that holds it. Store the envelope, never the plaintext. */
export interface DataKey {
  envelope: Envelope;
  /** The key. Overwrite it after use: `plaintext.fill(0)`. */
  plaintext: Uint8Array;
}

/** Body of `POST /envelope/rewrap`. Without `backend` and `key_id`: to the current version of the envelope's own key. */
export interface RewrapRequest {
  envelope: Envelope;
  token?: string;
  expected_audience?: string;
  /** With `key_id`, the key to move to; `key_id` alone is one of the same backend. */
  backend?: string;
  key_id?: string;
  /** Seen by the policy only. */
  context?: Record<string, unknown>;
}

/** A public key as KKP publishes it, RFC 8037 section 2. */
export interface Ed25519Jwk {
  kty: 'OKP';
  crv: 'Ed25519';
  kid: string;
  /** 32 bytes, base64url. */
  x: string;
  alg?: 'EdDSA' | 'Ed25519';
  use?: 'sig';
}

/** The Ed25519 keys of a KKP server. */
export interface Jwks {
  keys: Ed25519Jwk[];
}

/** Any JWK Set, RFC 7517 section 5: what its members are is checked at run time. */
export interface JwkSet {
  readonly keys: readonly object[];
}

export interface RotatedKey {
  kid: string;
  /** Unix seconds. */
  expires_at: number;
}

/** Exactly one rule. Of `subject`, and of `backend` with `key_id`, it takes back the tokens that were issued until now. */
export type RevokeRequest =
  | { jti: string }
  | { subject: string }
  | { backend: string; key_id: string }
  /** What this signing key has signed; it leaves the JWKS. */
  | { kid: string }
  /** Unix seconds: all tokens that were issued before. */
  | { before: number };

export interface Revoked {
  /** The rule as it holds now. */
  rule: Record<string, unknown>;
  /** Unix seconds after which no token that the rule covers can be valid. */
  expires_at: number;
}

/** RFC 7662 section 2.2: of what is not active nothing is told. */
export type Introspection = { active: false } | ({ active: true } & TokenClaims);

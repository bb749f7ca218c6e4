import type { TokenUse } from '../types.js';

/** What a token is to be used for. */
interface Wanted {
  /** Whole seconds, up to the server's maximum; its default without. */
  ttl_seconds?: number;
  /** The parameter `scope`. */
  ops?: readonly TokenUse[];
  /** Must be the id of the caller. Where callers are anonymous, in development: the name of whoever asks. */
  client_id?: string;
}

/** A token for the caller itself: `grant_type=client_credentials` of `POST /oauth/token`, RFC 6749 section 4.4. */
export interface GrantTokenRequest extends Wanted {
  audience: string;
  /** This and the next two are the parameter `authorization_details` (RFC 9396). */
  backend: string;
  key_id: string;
  /** Goes into the token as it is. */
  policy_claims?: Record<string, unknown>;
}

/** RFC 8693 section 3. A KKP token is either. */
export type SubjectTokenType =
  'urn:ietf:params:oauth:token-type:access_token' | 'urn:ietf:params:oauth:token-type:jwt';

/**
 * A token in exchange for another: `POST /oauth/token`, RFC 8693. Of a KKP token, what is left out stays as it is, and nothing
 * can become more. Of a JWT of another issuer, audience, backend and key have to be named.
 */
export interface ExchangeTokenRequest extends Wanted, Partial<Omit<GrantTokenRequest, keyof Wanted>> {
  subject_token: string;
  /** Default: `urn:ietf:params:oauth:token-type:access_token`. */
  subject_token_type?: SubjectTokenType;
}

/** The answer of `POST /oauth/token`, its `scope` and `authorization_details` as in the request. */
export interface GrantedToken {
  /** A KKP token, as `issueToken` gives it. */
  access_token: string;
  /** `DPoP` with the client's option `dpop`. A token that is bound to a certificate is `Bearer`. */
  token_type: 'Bearer' | 'DPoP';
  /** Seconds from now. */
  expires_in: number;
  backend: string;
  key_id: string;
  policy_claims?: Record<string, unknown>;
  /** Without it: to decrypt, and to rewrap. */
  ops?: TokenUse[];
}

export interface ExchangedToken extends GrantedToken {
  issued_token_type: SubjectTokenType;
}

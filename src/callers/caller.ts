/** Somebody whom an authenticator vouches for. */
export interface AuthenticatedCaller {
  /** How the caller was authenticated: `jwt`, `kubernetes`, `spiffe`, `mtls`, `api_key`, or an authenticator's own word. */
  readonly kind: string;
  /** Unique among the callers of one issuer: a subject, a SPIFFE id, the name of an API key. */
  readonly id: string;
  /** Who vouches for the id, where that is somebody else than KKP's own configuration. */
  readonly issuer?: string;
  /** What the caller may do, in KKP's words: see `SCOPES`. */
  readonly scopes: readonly string[];
  /** Further facts for the policy: claims that were asked for, the fields of a certificate. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/**
 * Who asks.
 *
 * `anonymous`: no authenticator is configured, and nobody is asked who they are (development).
 * `none`: authenticators are configured, and the request carries a KKP token and no credential: the token speaks for
 * itself.
 */
export type Caller = { readonly kind: 'anonymous' } | { readonly kind: 'none' } | AuthenticatedCaller;

export const ANONYMOUS: Caller = Object.freeze({ kind: 'anonymous' });
export const NOBODY: Caller = Object.freeze({ kind: 'none' });

/** Kinds that mean that nobody was authenticated: no authenticator may give them. */
const RESERVED: readonly string[] = ['anonymous', 'none'];

/** The scopes that KKP's own policy knows. */
export const SCOPES = {
  /** Tokens for others than oneself. */
  issueForOthers: 'kkp:issue',
  /** Rotation, revocation, introspection. */
  admin: 'kkp:admin',
} as const;

export const isAuthenticated = (caller: Caller): caller is AuthenticatedCaller =>
  !RESERVED.includes(caller.kind);

/**
 * The codes a KKP server answers with, and `unknown_error` for an error answer that is not KKP's. Of OAuth's own words
 * (RFC 6749 section 5.2), those are here that KKP has no other word for.
 */
export type ApiErrorCode =
  | 'invalid_request'
  | 'envelope_error'
  | 'kms_error'
  | 'unauthenticated'
  | 'invalid_token'
  | 'invalid_dpop_proof'
  | 'invalid_grant'
  | 'invalid_target'
  | 'invalid_scope'
  | 'invalid_authorization_details'
  | 'unsupported_grant_type'
  | 'policy_denied'
  | 'not_found'
  | 'method_not_allowed'
  | 'rate_limited'
  | 'internal_error'
  | 'unknown_error';

/** Every value of `KkpError.code`. */
export type KkpErrorCode =
  | ApiErrorCode
  | 'timeout'
  | 'aborted'
  | 'connection_failed'
  | 'bad_response'
  | 'no_credentials'
  | 'token_rejected'
  | 'bad_key'
  | 'bad_revocations'
  | 'stream_rejected';

/** Why `verifyToken` refused a token: the first of its checks that failed, in this order. */
export type TokenErrorReason =
  | 'malformed'
  | 'unsupported_header'
  | 'unknown_key'
  | 'bad_signature'
  | 'bad_claims'
  | 'not_yet_valid'
  | 'lifetime_exceeded'
  | 'expired'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'revoked';

/** Why a sealed stream was refused. */
export type StreamErrorReason = 'unsupported_version' | 'bad_header' | 'not_authentic';

/**
 * What this SDK throws for everything but a wrong argument (TypeError, RangeError). No message holds a token or a plaintext.
 *
 * @example
 * if (error instanceof KkpError && error.code === 'rate_limited') retryLater();
 * else if (error instanceof KkpError) report(error.code);
 */
export abstract class KkpError extends Error {
  abstract readonly code: KkpErrorCode;
}

/**
 * The server answered with an error.
 *
 * @example
 * if (error instanceof KkpApiError && error.code === 'policy_denied') askForAccess();
 */
export class KkpApiError extends KkpError {
  override readonly name: string = 'KkpApiError';
  readonly code: ApiErrorCode;
  /** HTTP status. */
  readonly status: number;
  /** The `instance` member of a problem document: names this one occurrence in the server's log. */
  readonly instance: string | undefined;
  /** Seconds to wait before the next try, where the server said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    message: string,
    facts: { code: ApiErrorCode; status: number; instance?: string; retryAfterSeconds?: number },
  ) {
    super(message);
    this.code = facts.code;
    this.status = facts.status;
    this.instance = facts.instance;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/**
 * `unauthenticated`: the server does not take the credential of this client for that of a caller, or wants one.
 *
 * @example
 * if (error instanceof KkpUnauthenticatedError) signIn(); // or: error.code === 'unauthenticated'
 */
export class KkpUnauthenticatedError extends KkpApiError {
  override readonly name = 'KkpUnauthenticatedError';
}

/**
 * Nothing was sent: the function `credentials`, or the key of the option `dpop`, failed, which is the `cause`, or gave what
 * is of no use.
 *
 * @example
 * if (error instanceof KkpCredentialsError) signIn(); // or: error.code === 'no_credentials'
 */
export class KkpCredentialsError extends KkpError {
  override readonly name = 'KkpCredentialsError';
  readonly code = 'no_credentials';
}

/**
 * No whole answer within `timeoutMs`. The server may have done the work all the same.
 *
 * @example
 * if (error instanceof KkpTimeoutError) tryAgain(); // or: error.code === 'timeout'
 */
export class KkpTimeoutError extends KkpError {
  override readonly name = 'KkpTimeoutError';
  readonly code = 'timeout';
}

/**
 * The caller's `signal` ended the call; `cause` is the signal's reason.
 *
 * @example
 * if (error instanceof KkpAbortError) return; // or: error.code === 'aborted'
 */
export class KkpAbortError extends KkpError {
  override readonly name = 'KkpAbortError';
  readonly code = 'aborted';
}

/**
 * The server could not be reached or hung up; `cause` is what `fetch` said.
 *
 * @example
 * if (error instanceof KkpConnectionError) tryAgain(); // or: error.code === 'connection_failed'
 */
export class KkpConnectionError extends KkpError {
  override readonly name = 'KkpConnectionError';
  readonly code = 'connection_failed';
}

/**
 * The answer is not one a KKP server gives: a redirect, too large, not JSON, or of another shape.
 *
 * @example
 * if (error instanceof KkpProtocolError) checkBaseUrl(); // or: error.code === 'bad_response'
 */
export class KkpProtocolError extends KkpError {
  override readonly name = 'KkpProtocolError';
  readonly code = 'bad_response';
}

/**
 * A JWK Set that must not be trusted: not well-formed, or with a faulty Ed25519 key.
 *
 * @example
 * if (error instanceof KeySetError) stop(); // or: error.code === 'bad_key'
 */
export class KeySetError extends KkpError {
  override readonly name = 'KeySetError';
  readonly code = 'bad_key';
}

/** Why a list of revocations was refused: the first of its checks that failed, in this order. */
export type RevocationsErrorReason = Exclude<TokenErrorReason, 'wrong_audience' | 'revoked'>;

/**
 * A list of revocations that must not be relied on. No token can be judged by it.
 *
 * @example
 * if (error instanceof RevocationsError) stop(); // or: error.code === 'bad_revocations'
 */
export class RevocationsError extends KkpError {
  override readonly name = 'RevocationsError';
  readonly code = 'bad_revocations';
  readonly reason: RevocationsErrorReason;

  constructor(reason: RevocationsErrorReason) {
    super(`The list of revocations must not be relied on: ${reason}.`);
    this.reason = reason;
  }
}

const TOKEN_MESSAGES: Record<TokenErrorReason, string> = {
  malformed: 'The token is not a well-formed JWT.',
  unsupported_header: 'The token header is not exactly alg EdDSA, the typ asked for and a kid.',
  unknown_key: 'The token names a key that is not in the key set.',
  bad_signature: 'The signature of the token does not verify.',
  bad_claims: 'The claims are not exactly those of a KKP token.',
  not_yet_valid: 'The token was issued in the future, or is not to be used yet.',
  lifetime_exceeded: 'The token has a longer lifetime than is allowed, or none.',
  expired: 'The token has expired.',
  wrong_issuer: 'The token is of another issuer, or of none.',
  wrong_audience: 'The token is for another audience.',
  revoked: 'The token has been revoked.',
};

/**
 * `verifyToken` refused the token.
 *
 * @example
 * if (error instanceof TokenError && error.reason === 'expired') issueAnother();
 */
export class TokenError extends KkpError {
  override readonly name = 'TokenError';
  readonly code = 'token_rejected';
  readonly reason: TokenErrorReason;

  constructor(reason: TokenErrorReason) {
    super(TOKEN_MESSAGES[reason]);
    this.reason = reason;
  }
}

const STREAM_MESSAGES: Record<StreamErrorReason, string> = {
  unsupported_version: 'The sealed stream has a version that this SDK does not know.',
  bad_header:
    'This is not a sealed stream, its header was changed or cut, or its envelope holds no data key.',
  not_authentic:
    'The sealed stream was changed or cut, or belongs to another data key or other associated data.',
};

/**
 * A sealed stream does not open. What came out of it before is a genuine beginning of the plaintext, and not the whole.
 *
 * @example
 * if (error instanceof KkpStreamError) discardWhatCameSoFar(); // or: error.code === 'stream_rejected'
 */
export class KkpStreamError extends KkpError {
  override readonly name = 'KkpStreamError';
  readonly code = 'stream_rejected';
  readonly reason: StreamErrorReason;

  constructor(reason: StreamErrorReason) {
    super(STREAM_MESSAGES[reason]);
    this.reason = reason;
  }
}

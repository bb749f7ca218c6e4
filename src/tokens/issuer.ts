import { unixSeconds, type Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import type { SigningKeys } from '../keys/index.js';
import type { Random } from '../random.js';
import { startOf, type TokenClaims } from './claims.js';
import { encodePayload, encodeSegment } from './payload.js';
import { tokenRules, type TokenOptions } from './token-options.js';
import { optionalClaims, type TokenRequest } from './token-request.js';
import { allowedClaims, MAX_TOKEN_LENGTH, verifyToken, type TokenRules } from './verify-token.js';

export interface IssuedToken {
  readonly token: string;
  /** Unix seconds. */
  readonly expires_at: number;
  readonly kid: string;
}

/**
 * Mints tokens: claims first, so that the policy can be asked about them, then the signature. No token lives beyond the
 * least of what was asked for, the configured maximum, the policy's, the end of its key and of the token it is made from.
 */
export class TokenIssuer {
  private readonly rules: TokenRules;

  constructor(
    private readonly options: TokenOptions,
    private readonly keys: Pick<SigningKeys, 'reserve' | 'verificationKey'>,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.rules = tokenRules(options);
  }

  /**
   * @param client id of whoever asks; default: the subject, as one that asks for itself
   * @throws KkpError `invalid_request` for what is not allowed; the text says what is
   */
  buildClaims(request: TokenRequest, client = request.subject): TokenClaims {
    const { defaultTtlSeconds, maxTtlSeconds, issuer, typ } = this.options;
    const { subject, audience, backend, key_id, policy_claims = {} } = request;
    const { ttl_seconds = defaultTtlSeconds, subject_expires_at = Infinity } = request;
    if (!isWithin(ttl_seconds, maxTtlSeconds)) {
      throw new KkpError(
        'invalid_request',
        `Member ttl_seconds must be a whole number from 1 to ${maxTtlSeconds}.`,
      );
    }
    const iat = unixSeconds(this.clock);
    const exp = Math.min(iat + ttl_seconds, Math.floor(subject_expires_at));
    if (!(exp > iat)) throw new KkpError('invalid_request', 'The token to be exchanged is at its end.');
    return {
      sub: subject,
      aud: audience,
      backend,
      key_id,
      policy_claims,
      exp,
      iat,
      jti: this.random.uuid(),
      ...(issuer !== undefined && { iss: issuer }),
      ...(typ === 'at+jwt' && { client_id: client }),
      ...optionalClaims(request, { iat, exp }),
    };
  }

  /**
   * Signs claims that the policy has allowed, with no longer a lifetime than it allows.
   * @throws KkpError `invalid_request` when no verifier would accept the token (ill-formed, empty or too large members),
   *   `policy_denied` when the policy allows no lifetime, `unavailable` when the signing key is at its end
   */
  async sign(claims: TokenClaims, allowed: { readonly maxTtlSeconds?: number } = {}): Promise<IssuedToken> {
    const signer = await this.keys.reserve(this.expiry(claims, allowed.maxTtlSeconds));
    const { kid, exp } = signer;
    if (!(exp > startOf(claims))) {
      throw new KkpError('unavailable', 'No signing key lives long enough for this token.');
    }
    const header = encodeSegment(`{"alg":"EdDSA","typ":"${this.options.typ ?? 'JWT'}","kid":"${kid}"}`);
    const input = `${header}.${encodePayload({ ...claims, exp }, allowedClaims(this.rules))}`;
    if (input.length + SIGNATURE_LENGTH > MAX_TOKEN_LENGTH) {
      throw new KkpError(
        'invalid_request',
        `The token would be too large: at most ${MAX_TOKEN_LENGTH} characters are allowed.`,
      );
    }
    const token = `${input}.${signer.sign(Buffer.from(input, 'latin1')).toString('base64url')}`;
    this.prove(token, startOf(claims));
    return { token, expires_at: exp, kid };
  }

  private expiry(claims: TokenClaims, allowedTtl = Infinity): number {
    const { iat, exp } = claims;
    if (!(allowedTtl >= 1)) throw noLifetime();
    const ttl = Math.min(exp - iat, Math.floor(allowedTtl));
    const { maxTtlSeconds } = this.options;
    if (!isWithin(ttl, maxTtlSeconds)) {
      throw new KkpError(
        'invalid_request',
        `A token lives a whole number of seconds from 1 to ${maxTtlSeconds}.`,
      );
    }
    if (!(iat + ttl > startOf(claims))) throw noLifetime();
    return iat + ttl;
  }

  /** What leaves here is accepted everywhere, from its first moment. @throws KkpError `internal_error` */
  private prove(token: string, start: number): void {
    const verdict = verifyToken(token, (kid) => this.keys.verificationKey(kid), this.rules, start);
    if (verdict.ok) return;
    throw new KkpError('internal_error', 'The request failed for a reason on this side.', {
      cause: new Error(`A token that was just signed is not accepted: ${verdict.reason}.`),
    });
  }
}

/** The dot and the 86 characters of an Ed25519 signature. */
const SIGNATURE_LENGTH = 87;

const isWithin = (value: unknown, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;

const noLifetime = (): KkpError => new KkpError('policy_denied', 'The policy allows this token no lifetime.');

import { unixSeconds, type Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import type { SigningKeys } from '../keys/index.js';
import type { Random } from '../random.js';
import { hasTokenClaims, type TokenClaims } from './claims.js';
import { MAX_DEPTH, parseStrictJson } from '../strict-json.js';
import { MAX_TOKEN_LENGTH } from './verify-token.js';

export interface TokenOptions {
  /** Seconds that a token lives when its request says nothing. */
  readonly defaultTtlSeconds: number;
  /** Seconds that a token may live at most. */
  readonly maxTtlSeconds: number;
}

export interface TokenRequest {
  readonly subject: string;
  readonly audience: string;
  readonly backend: string;
  readonly key_id: string;
  readonly ttl_seconds?: number;
  readonly policy_claims?: Readonly<Record<string, unknown>>;
}

export interface IssuedToken {
  readonly token: string;
  /** Unix seconds. */
  readonly expires_at: number;
  readonly kid: string;
}

/** Mints tokens: claims first, so that the policy can be asked about them, then the signature. */
export class TokenIssuer {
  constructor(
    private readonly options: TokenOptions,
    private readonly keys: Pick<SigningKeys, 'reserve'>,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** @throws KkpError `invalid_request` when the lifetime is not allowed; the text names the maximum */
  buildClaims(request: TokenRequest): TokenClaims {
    const { defaultTtlSeconds, maxTtlSeconds } = this.options;
    const {
      subject,
      audience,
      backend,
      key_id,
      ttl_seconds = defaultTtlSeconds,
      policy_claims = {},
    } = request;
    if (!isWithin(ttl_seconds, maxTtlSeconds)) {
      throw new KkpError(
        'invalid_request',
        `Member ttl_seconds must be a whole number from 1 to ${maxTtlSeconds}.`,
      );
    }
    const iat = unixSeconds(this.clock);
    const jti = this.random.uuid();
    return { sub: subject, aud: audience, backend, key_id, policy_claims, exp: iat + ttl_seconds, iat, jti };
  }

  /**
   * Signs claims that the policy has allowed, with no longer a lifetime than it allows.
   * @throws KkpError `invalid_request` when no verifier would accept the token (ill-formed, empty or too large members),
   *   `policy_denied` when the policy allows no lifetime, `unavailable` when no key lives long enough
   */
  async sign(claims: TokenClaims, allowed: { readonly maxTtlSeconds?: number } = {}): Promise<IssuedToken> {
    const exp = this.expiry(claims, allowed.maxTtlSeconds);
    const payload = encodePayload({ ...claims, exp });
    const signer = await this.keys.reserve(exp);
    const input = `${encode(`{"alg":"EdDSA","typ":"JWT","kid":"${signer.kid}"}`)}.${payload}`;
    if (input.length + SIGNATURE_LENGTH > MAX_TOKEN_LENGTH) {
      throw new KkpError(
        'invalid_request',
        `The token would be too large: at most ${MAX_TOKEN_LENGTH} characters are allowed.`,
      );
    }
    const signature = signer.sign(Buffer.from(input, 'latin1')).toString('base64url');
    return { token: `${input}.${signature}`, expires_at: exp, kid: signer.kid };
  }

  private expiry({ iat, exp }: TokenClaims, allowedTtl = Infinity): number {
    if (!(allowedTtl >= 1)) throw new KkpError('policy_denied', 'The policy allows this token no lifetime.');
    const ttl = Math.min(exp - iat, Math.floor(allowedTtl));
    const { maxTtlSeconds } = this.options;
    if (!isWithin(ttl, maxTtlSeconds)) {
      throw new KkpError(
        'invalid_request',
        `A token lives a whole number of seconds from 1 to ${maxTtlSeconds}.`,
      );
    }
    return iat + ttl;
  }
}

/** The dot and the 86 characters of an Ed25519 signature. */
const SIGNATURE_LENGTH = 87;

const isWithin = (value: unknown, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;

const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64url');

/** The payload segment. What the verifier would refuse is not signed in the first place. */
function encodePayload(claims: TokenClaims): string {
  const text = stringify(claims);
  const parsed = text === undefined ? undefined : parseStrictJson(Buffer.from(text, 'utf8'));
  if (text === undefined || !parsed) {
    throw new KkpError(
      'invalid_request',
      `The claims must be JSON of at most ${MAX_DEPTH} levels, and their strings well-formed Unicode.`,
    );
  }
  if (!hasTokenClaims(parsed)) {
    throw new KkpError(
      'invalid_request',
      'Subject, audience, backend and key_id must be non-empty strings, and policy_claims an object.',
    );
  }
  return encode(text);
}

/** Undefined for what JSON cannot say: BigInt, cycles, nesting beyond the stack. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

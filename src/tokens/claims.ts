import { isJsonObject } from '../strict-json.js';
import { isTime, isWellFormedClaim, type OptionalClaims } from './optional-claims.js';

/** What a KKP token says. Times are Unix seconds. */
export interface TokenClaims extends OptionalClaims {
  readonly sub: string;
  readonly aud: string;
  readonly backend: string;
  readonly key_id: string;
  readonly policy_claims: Readonly<Record<string, unknown>>;
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
  /** Only names that are configured. */
  readonly [extra: string]: unknown;
}

const CLAIMS = ['sub', 'aud', 'backend', 'key_id', 'policy_claims', 'exp', 'iat', 'jti'] as const;
const TEXTS = ['sub', 'aud', 'backend', 'key_id'] as const;
const LOWER_CASE_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether an object has exactly the claims of a KKP token, and perhaps the `extra` ones, each of its type. */
export function hasTokenClaims(
  object: Readonly<Record<string, unknown>>,
  extra: readonly string[] = [],
): object is TokenClaims {
  return (
    Object.entries(object).every(
      ([name, value]) =>
        (CLAIMS as readonly string[]).includes(name) ||
        (extra.includes(name) && isWellFormedClaim(name, value)),
    ) &&
    TEXTS.every((name) => typeof object[name] === 'string' && object[name] !== '') &&
    isJsonObject(object.policy_claims) &&
    isTime(object.exp) &&
    isTime(object.iat) &&
    typeof object.jti === 'string' &&
    LOWER_CASE_UUID.test(object.jti)
  );
}

/** Unix seconds from when on a token may be used. */
export const startOf = ({ iat, nbf = iat }: TokenClaims): number => Math.max(iat, nbf);

/** The claims that every token has, and no conditions of use: what an answer shows where the policy wants it so. */
export const redacted = ({ sub, aud, backend, key_id, exp, iat, jti }: TokenClaims): TokenClaims => ({
  sub,
  aud,
  backend,
  key_id,
  policy_claims: {},
  exp,
  iat,
  jti,
});

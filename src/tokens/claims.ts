import { isJsonObject } from '../strict-json.js';

/** What a KKP token says. Times are Unix seconds. */
export interface TokenClaims {
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
    Object.keys(object).every(
      (name) => (CLAIMS as readonly string[]).includes(name) || extra.includes(name),
    ) &&
    TEXTS.every((name) => typeof object[name] === 'string' && object[name] !== '') &&
    isJsonObject(object.policy_claims) &&
    isTime(object.exp) &&
    isTime(object.iat) &&
    typeof object.jti === 'string' &&
    LOWER_CASE_UUID.test(object.jti)
  );
}

/** NumericDate of RFC 7519 section 2, whole seconds only. */
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

import { KkpError } from '../errors.js';
import { MAX_DEPTH, parseStrictJson } from '../strict-json.js';
import { hasTokenClaims, type TokenClaims } from './claims.js';

export const encodeSegment = (text: string): string => Buffer.from(text, 'utf8').toString('base64url');

/**
 * The payload segment, with no claims beside its own eight and the `extra` ones. What the verifier would refuse is not signed in the first place.
 * @throws KkpError `invalid_request`
 */
export function encodePayload(claims: TokenClaims, extra: readonly string[]): string {
  const text = stringify(claims);
  const parsed = text === undefined ? undefined : parseStrictJson(Buffer.from(text, 'utf8'));
  if (text === undefined || !parsed) {
    throw new KkpError(
      'invalid_request',
      `The claims must be JSON of at most ${MAX_DEPTH} levels, and their strings well-formed Unicode.`,
    );
  }
  if (!hasTokenClaims(parsed, extra)) {
    throw new KkpError(
      'invalid_request',
      'Subject, audience, backend and key_id must be non-empty strings, and policy_claims an object.',
    );
  }
  return encodeSegment(text);
}

/** Undefined for what JSON cannot say: BigInt, cycles, nesting beyond the stack. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

import type { TokenClaims } from '../tokens/index.js';

/**
 * What is taken back. Members are those of the wire. Times are Unix seconds.
 *
 * `jti`: one token. `subject`, and `backend` with `key_id`: the tokens that were issued until then. `before`: all tokens
 * that were issued before then. `kid`: whatever the signing key has signed or will sign, whenever it claims to have.
 */
export type RevocationRule =
  | { readonly jti: string }
  | { readonly subject: string; readonly issued_until: number }
  | { readonly backend: string; readonly key_id: string; readonly issued_until: number }
  | { readonly kid: string }
  | { readonly before: number };

/** A rule, and until when it is needed: no token that it covers lives longer. */
export type TimedRule = RevocationRule & { readonly expires_at: number };

/** One name for a backend and a key, which no other pair has. */
export const keyName = (backend: string, keyId: string): string => `${backend.length}:${backend}${keyId}`;

/** What a rule is about: of two rules with the same id one covers all that the other does. */
export function idOf(rule: RevocationRule): string {
  if ('jti' in rule) return `jti:${rule.jti}`;
  if ('subject' in rule) return `subject:${rule.subject}`;
  if ('kid' in rule) return `kid:${rule.kid}`;
  return 'before' in rule ? 'before' : `key:${keyName(rule.backend, rule.key_id)}`;
}

/** The rule that covers what either of two with the same id does, as long as either is needed. */
export function widest(one: TimedRule, other: TimedRule | undefined): TimedRule {
  if (!other) return one;
  const expires_at = Math.max(one.expires_at, other.expires_at);
  if ('before' in one && 'before' in other)
    return { ...one, before: Math.max(one.before, other.before), expires_at };
  if ('issued_until' in one && 'issued_until' in other) {
    return { ...one, issued_until: Math.max(one.issued_until, other.issued_until), expires_at };
  }
  return { ...one, expires_at };
}

/** The subject of a token and those who act for it (RFC 8693 section 4.1), innermost last. */
export function* subjectsOf({ sub, act }: TokenClaims): Generator<string> {
  yield sub;
  for (let actor: unknown = act; isActor(actor); actor = actor.act) {
    if (typeof actor.sub === 'string') yield actor.sub;
  }
}

const isActor = (value: unknown): value is { sub?: unknown; act?: unknown } =>
  typeof value === 'object' && value !== null;

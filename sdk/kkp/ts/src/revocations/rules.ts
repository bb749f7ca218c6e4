import { isName, isTime } from '../shapes.js';
import { type JsonObject, isJsonObject } from '../strict-json.js';
import type { TokenClaims } from '../types.js';

/** What was taken back, as far as is known. */
export interface Revocations {
  /** Whether it covers a token with these claims that the key `kid` has signed. Throws when that cannot be told. */
  covers(claims: TokenClaims, kid: string): Promise<boolean>;
}

const SHAPES = [
  ['jti'],
  ['subject', 'issued_until'],
  ['backend', 'key_id', 'issued_until'],
  ['kid'],
  ['before'],
];
const TIMES = ['before', 'expires_at', 'issued_until'];

/** Whether it is exactly one of the five kinds of rules. An unknown one could cover anything. */
export function isRule(rule: unknown): rule is JsonObject {
  if (!isJsonObject(rule)) return false;
  const names = Object.keys(rule);
  return (
    SHAPES.some(
      (shape) => names.length === shape.length + 1 && shape.every((name) => names.includes(name)),
    ) &&
    names.includes('expires_at') &&
    Object.entries(rule).every(([name, value]) => (TIMES.includes(name) ? isTime(value) : isName(value)))
  );
}

/** Looks a token up at a cost that does not grow with the number of rules. */
export class RuleIndex {
  /** For each thing that a rule is about: tokens issued until then are covered. */
  readonly #until = new Map<string, number>();

  constructor(rules: readonly JsonObject[]) {
    for (const rule of rules) {
      const [id, until] = idOf(rule);
      this.#until.set(id, Math.max(until, this.#until.get(id) ?? -1));
    }
  }

  covers(claims: TokenClaims, kid: string): boolean {
    const ids = [
      JSON.stringify(['all']),
      JSON.stringify(['jti', claims.jti]),
      JSON.stringify(['kid', kid]),
      JSON.stringify(['key', claims.backend, claims.key_id]),
      ...subjectsOf(claims).map((subject) => JSON.stringify(['subject', subject])),
    ];
    return ids.some((id) => (this.#until.get(id) ?? -1) >= claims.iat);
  }
}

/** What a rule is about, and the last second whose tokens it covers. */
function idOf(rule: JsonObject): [string, number] {
  if ('jti' in rule) return [JSON.stringify(['jti', rule.jti]), Infinity];
  if ('kid' in rule) return [JSON.stringify(['kid', rule.kid]), Infinity];
  if ('before' in rule) return [JSON.stringify(['all']), (rule.before as number) - 1];
  const about = 'subject' in rule ? ['subject', rule.subject] : ['key', rule.backend, rule.key_id];
  return [JSON.stringify(about), rule.issued_until as number];
}

/** The subject of a token and those who act for it, RFC 8693 section 4.1. */
function subjectsOf({ sub, act }: TokenClaims): string[] {
  const subjects = [sub];
  for (let actor: unknown = act; isJsonObject(actor); actor = actor.act) {
    if (typeof actor.sub === 'string') subjects.push(actor.sub);
  }
  return subjects;
}

import type { TokenClaims } from '../tokens/index.js';
import { idOf, keyName, subjectsOf, widest, type TimedRule } from './rules.js';

/** The rules that hold, for a look-up whose cost does not grow with their number. */
export class RuleIndex {
  readonly #rules = new Map<string, TimedRule>();

  get size(): number {
    return this.#rules.size;
  }

  has(rule: TimedRule): boolean {
    return this.#rules.has(idOf(rule));
  }

  /** The rule as it holds now: it covers what an earlier one about the same did. */
  add(rule: TimedRule): TimedRule {
    const id = idOf(rule);
    const holding = widest(rule, this.#rules.get(id));
    this.#rules.set(id, holding);
    return holding;
  }

  /** Whether a token with these claims is taken back. Who signed it is for `coversKey`. */
  covers(claims: TokenClaims): boolean {
    if (this.#rules.has(`jti:${claims.jti}`)) return true;
    if (this.#issuedUntil(`key:${keyName(claims.backend, claims.key_id)}`) >= claims.iat) return true;
    for (const subject of subjectsOf(claims)) {
      if (this.#issuedUntil(`subject:${subject}`) >= claims.iat) return true;
    }
    const all = this.#rules.get('before');
    return all !== undefined && 'before' in all && claims.iat < all.before;
  }

  coversKey(kid: string): boolean {
    return this.#rules.has(`kid:${kid}`);
  }

  /** Drops the rules that no live token needs at `now` (Unix seconds). */
  prune(now: number): void {
    for (const [id, { expires_at }] of this.#rules) if (expires_at < now) this.#rules.delete(id);
  }

  rules(): readonly TimedRule[] {
    return [...this.#rules.values()];
  }

  #issuedUntil(id: string): number {
    const rule = this.#rules.get(id);
    return rule && 'issued_until' in rule ? rule.issued_until : -Infinity;
  }
}

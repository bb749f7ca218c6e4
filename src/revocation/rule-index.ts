import type { TokenClaims } from '../tokens/index.js';
import { idOf, keyName, subjectsOf, widest, type TimedRule } from './rules.js';

interface HeldRule {
  readonly rule: TimedRule;
  /** In elapsed seconds: it is kept until then whatever the time is said to be. */
  readonly keptUntil: number;
}

/** The rules that hold, for a look-up whose cost does not grow with their number. */
export class RuleIndex {
  readonly #rules = new Map<string, HeldRule>();

  get size(): number {
    return this.#rules.size;
  }

  has(rule: TimedRule): boolean {
    return this.#rules.has(idOf(rule));
  }

  /**
   * The rule as it holds now: it covers what an earlier one about the same did.
   * @param keptUntil elapsed seconds
   */
  add(rule: TimedRule, keptUntil: number): TimedRule {
    const id = idOf(rule);
    const earlier = this.#rules.get(id);
    const holding = widest(rule, earlier?.rule);
    this.#rules.set(id, { rule: holding, keptUntil: Math.max(keptUntil, earlier?.keptUntil ?? -Infinity) });
    return holding;
  }

  /** Whether a token with these claims is taken back. Who signed it is for `coversKey`. */
  covers(claims: TokenClaims): boolean {
    if (this.#rules.has(`jti:${claims.jti}`)) return true;
    if (this.#issuedUntil(`key:${keyName(claims.backend, claims.key_id)}`) >= claims.iat) return true;
    for (const subject of subjectsOf(claims)) {
      if (this.#issuedUntil(`subject:${subject}`) >= claims.iat) return true;
    }
    const all = this.#rules.get('before')?.rule;
    return all !== undefined && 'before' in all && claims.iat < all.before;
  }

  coversKey(kid: string): boolean {
    return this.#rules.has(`kid:${kid}`);
  }

  /**
   * Drops the rules that no live token needs: by the time `now` (Unix seconds), which may have jumped ahead and jump back,
   * and by what has `elapsed` (seconds).
   */
  prune(now: number, elapsed: number): void {
    for (const [id, { rule, keptUntil }] of this.#rules) {
      if (rule.expires_at < now && keptUntil < elapsed) this.#rules.delete(id);
    }
  }

  rules(): readonly TimedRule[] {
    return [...this.#rules.values()].map(({ rule }) => rule);
  }

  #issuedUntil(id: string): number {
    const rule = this.#rules.get(id)?.rule;
    return rule && 'issued_until' in rule ? rule.issued_until : -Infinity;
  }
}

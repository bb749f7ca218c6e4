import * as fc from 'fast-check';
import { RuleIndex } from '../../../src/revocation/rule-index.js';
import type { RevocationRule, TimedRule } from '../../../src/revocation/rules.js';
import type { TokenClaims } from '../../../src/tokens/index.js';

const LONGEST_LIFE = 20;

/** The rules one by one, as anybody would read them; none is ever dropped. */
const isCovered = (rules: readonly TimedRule[], claims: TokenClaims): boolean =>
  rules.some((rule) => {
    if ('jti' in rule) return rule.jti === claims.jti;
    if ('before' in rule) return claims.iat < rule.before;
    if ('kid' in rule || claims.iat > rule.issued_until) return false;
    if ('key_id' in rule) return rule.backend === claims.backend && rule.key_id === claims.key_id;
    return [claims.sub, (claims.act as { sub: string } | undefined)?.sub].includes(rule.subject);
  });

// Names of which some would be others' when simply joined.
const name = fc.constantFrom('a', 'b', 'ab', 'a:b', '1:a', 'b1:a', 'b:a');

const tokens = fc.array(
  fc.record({
    sub: name,
    backend: name,
    key_id: name,
    iat: fc.nat(50),
    life: fc.integer({ min: 1, max: LONGEST_LIFE }),
    actor: fc.option(name, { nil: undefined }),
  }),
  { minLength: 1, maxLength: 15 },
);

const steps = fc.array(
  fc.record({
    seconds: fc.nat(6),
    kind: fc.constantFrom('jti', 'subject', 'key', 'kid', 'before', 'prune'),
    one: name,
    other: name,
    number: fc.nat(60),
  }),
  { minLength: 1, maxLength: 40 },
);

type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never;

function ruleOf(
  { kind, one, other, number }: Step,
  claims: TokenClaims[],
  now: number,
): RevocationRule | undefined {
  if (kind === 'subject') return { subject: one, issued_until: now };
  if (kind === 'key') return { backend: one, key_id: other, issued_until: now };
  if (kind === 'kid') return { kid: one };
  if (kind === 'before') return { before: Math.min(number, now) };
  const chosen = claims[number % claims.length]!;
  // Nobody knows the jti of a token that is still to come.
  return kind === 'jti' && chosen.iat <= now ? { jti: chosen.jti } : undefined;
}

describe('the index of revocations', () => {
  it('refuses exactly the live tokens that a rule covers, whatever has been merged or pruned', () => {
    fc.assert(
      fc.property(tokens, steps, (made, taken) => {
        const claims = made.map(({ life, actor, ...rest }, at): TokenClaims => ({
          ...rest,
          aud: 'x',
          policy_claims: {},
          jti: `t${at}`,
          exp: rest.iat + life,
          ...(actor === undefined ? {} : { act: { sub: actor } }),
        }));
        const index = new RuleIndex();
        const all: TimedRule[] = [];
        let now = 0;
        for (const step of taken) {
          now += step.seconds;
          const rule = ruleOf(step, claims, now);
          if (rule) all.push({ ...rule, expires_at: now + LONGEST_LIFE });
          if (rule) index.add(all.at(-1)!, 0);
          if (step.kind === 'prune') index.prune(now, Infinity);
          for (const token of claims) {
            if (token.iat <= now && now < token.exp) expect(index.covers(token)).toBe(isCovered(all, token));
          }
          const kids = all.flatMap((held) => ('kid' in held && held.expires_at >= now ? [held.kid] : []));
          expect(kids.filter((kid) => !index.coversKey(kid))).toEqual([]);
          expect(index.size).toBeLessThanOrEqual(all.length);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('holds nothing once all rules are past', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const index = new RuleIndex();
        for (const step of taken) {
          const rule = ruleOf(step, [{ jti: 't', iat: 0 } as TokenClaims], 60);
          if (rule) index.add({ ...rule, expires_at: 80 }, 0);
        }
        index.prune(81, Infinity);
        expect([index.size, index.rules()]).toEqual([0, []]);
      }),
    );
  });
});

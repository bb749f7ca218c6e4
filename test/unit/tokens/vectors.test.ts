import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { importPublicKeys, PublicKeyError } from '../../../src/keys/index.js';
import { verifyToken, type TokenRules, type TokenType } from '../../../src/tokens/index.js';

interface Case {
  name: string;
  token: unknown;
  options: {
    now: number;
    audience?: string;
    max_lifetime_seconds: number;
    clock_skew_seconds: number;
    extra_claims?: string[];
    issuer?: string;
    typ?: TokenType;
  };
  keys?: { keys: Record<string, unknown>[] };
  verdict: 'accept' | 'reject';
  reason?: string;
  claims?: unknown;
}

type File = Required<Pick<Case, 'keys'>> & { cases: Case[] };

const read = (name: string): File =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8')) as File;
const [vectors, ...others] = [read('tokens.json'), read('optional-claims.json'), read('low-order.json')];
const cases = [vectors, ...others].flatMap((file) => file.cases);

const rulesOf = ({ options }: Case): TokenRules => ({
  maxLifetimeSeconds: options.max_lifetime_seconds,
  clockSkewSeconds: options.clock_skew_seconds,
  ...(options.audience === undefined ? {} : { audience: options.audience }),
  ...(options.extra_claims === undefined ? {} : { extraClaims: options.extra_claims }),
  ...(options.issuer === undefined ? {} : { issuer: options.issuer }),
  ...(options.typ === undefined ? {} : { typ: options.typ }),
});

function judge(vector: Case): Pick<Case, 'verdict' | 'reason' | 'claims'> {
  let keys: Map<string, KeyObject>;
  try {
    keys = importPublicKeys(vector.keys ?? vectors.keys);
  } catch (error) {
    if (error instanceof PublicKeyError) return { verdict: 'reject', reason: 'bad_key' };
    throw error;
  }
  const verdict = verifyToken(vector.token, (kid) => keys.get(kid), rulesOf(vector), vector.options.now);
  return verdict.ok
    ? { verdict: 'accept', claims: verdict.claims }
    : { verdict: 'reject', reason: verdict.reason };
}

describe('the shared token vectors', () => {
  it('are there, at least 200 of them, accepted and refused', () => {
    expect(vectors.cases.length).toBeGreaterThanOrEqual(200);
    expect(new Set(vectors.cases.map(({ verdict }) => verdict)).size).toBe(2);
  });

  it.each(cases.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const { verdict, reason, claims } = vector;
    expect(judge(vector)).toEqual({
      verdict,
      ...(verdict === 'accept' ? { claims } : { reason }),
    });
  });
});

import fc from 'fast-check';
import type { JwtSubject } from '../../../src/callers/index.js';
import { KkpError, type KkpErrorCode } from '../../../src/errors.js';
import type { Asked } from '../../../src/oauth/asked.js';
import { delegated, narrowed } from '../../../src/oauth/derive.js';
import type { Party } from '../../../src/oauth/party.js';
import {
  TOKEN_USES,
  TokenIssuer,
  type Confirmation,
  type TokenClaims,
  type TokenRequest,
} from '../../../src/tokens/index.js';
import { SeededRandom } from '../keys/fixtures.js';

export const MAX_TTL = 900;
const START = 1_700_000_000;

const ISSUERS = [undefined, 'https://id.example', 'https://other.example'];
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'];
const KEYS: readonly Confirmation[] = [
  { jkt: 'A'.repeat(43) },
  { jkt: 'E'.repeat(43) },
  { 'x5t#S256': 'A'.repeat(43) },
];

/** Mostly nothing, so that some chains become long. */
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const ops = fc.subarray([...TOKEN_USES], { minLength: 1 });
const party: fc.Arbitrary<Party> = fc
  .record({ id: fc.constantFrom(...NAMES), issuer: fc.constantFrom(...ISSUERS) })
  .map(({ id, issuer }) => ({ id, ...(issuer !== undefined && { issuer }) }));

const asks = fc.record({
  wait: fc.nat(90),
  party,
  audience: seldom(fc.constantFrom('reports', 'reports', 'reports', 'payroll', 'Reports')),
  key: seldom(
    fc.constantFrom<Asked['key'][]>(
      { backend: 'aws', key_id: 'k' },
      { backend: 'aws', key_id: 'k', policy_claims: { env: 'prod' } },
      { backend: 'aws', key_id: 'k', policy_claims: {} },
      { backend: 'gcp', key_id: 'k' },
      { backend: 'aws', key_id: 'k2' },
    ),
  ),
  ops: seldom(ops),
  ttl_seconds: seldom(fc.integer({ min: 1, max: 1_000 })),
  cnf: seldom(fc.constantFrom(...KEYS)),
});

const actors = fc
  .array(party, { minLength: 1, maxLength: 5 })
  .map((chain) =>
    chain.reduceRight<object | undefined>(
      (act, { id, issuer }) => ({ sub: id, ...(issuer && { iss: issuer }), ...(act && { act }) }),
      undefined,
    ),
  );

const roots = fc.record({
  external: fc.boolean(),
  sub: fc.constantFrom('alice', 'bob'),
  ops: seldom(ops),
  cnf: seldom(fc.constantFrom(...KEYS)),
  ttl: fc.integer({ min: 1, max: MAX_TTL }),
  nbf: seldom(fc.integer({ min: -30, max: 60 })),
  act: seldom(
    fc.oneof(actors, fc.constantFrom<unknown[]>('bob', {}, { sub: '' }, { sub: 'x', azp: 'y' }, null)),
  ),
  mayAct: seldom(fc.oneof(actors, fc.constantFrom<unknown[]>(null, [], 'bob', {}, { sub: 'bob', azp: 'x' }))),
  first: asks,
  alone: fc.boolean(),
});

export const chains = fc.record({ root: roots, steps: fc.array(asks, { minLength: 3, maxLength: 5 }) });

type Root = typeof roots extends fc.Arbitrary<infer R> ? R : never;
type Ask = typeof asks extends fc.Arbitrary<infer A> ? A : never;

/** What was made from what, by whom. */
export interface Link {
  readonly parent: TokenClaims | JwtSubject;
  readonly child: TokenClaims;
  readonly party: Party | undefined;
}

export interface Walk {
  readonly links: readonly Link[];
  readonly refusals: readonly KkpErrorCode[];
}

/** Exchanges on and on, whatever is refused in between. */
export function walk({ root, steps }: { root: Root; steps: readonly Ask[] }): Walk {
  const clock = { seconds: START, now: () => clock.seconds * 1000 };
  const issuer = new TokenIssuer(
    { defaultTtlSeconds: 300, maxTtlSeconds: MAX_TTL, issuer: 'https://kkp.example' },
    { reserve: never, verificationKey: never },
    clock,
    new SeededRandom('chain'),
  );
  const links: Link[] = [];
  const refusals: KkpErrorCode[] = [];
  const attempt = (make: () => TokenRequest): TokenClaims | undefined => {
    try {
      return issuer.buildClaims(make());
    } catch (error) {
      if (!(error instanceof KkpError)) throw error;
      refusals.push(error.code);
      return undefined;
    }
  };
  const follow = (parent: Link['parent'], by: Party | undefined, child: TokenClaims | undefined) => {
    if (child) links.push({ parent, child, party: by });
    return child;
  };
  let held: TokenClaims | undefined;
  if (root.external) {
    const jwt = jwtOf(root);
    const by = root.alone ? undefined : root.first.party;
    const asked = { audience: 'reports', key: { backend: 'aws', key_id: 'k' }, ...askedOf(root.first) };
    held = follow(
      jwt,
      by,
      attempt(() => delegated(jwt, asked, by, clock.seconds)),
    );
  } else {
    held = attempt(() => grantOf(root));
  }
  for (const step of steps) {
    if (!held) break;
    clock.seconds += step.wait;
    const parent = held;
    held =
      follow(
        parent,
        step.party,
        attempt(() => narrowed(parent, askedOf(step), step.party, clock.seconds)),
      ) ?? held;
  }
  return { links, refusals };
}

const never = (): never => {
  throw new Error('nothing is signed here');
};

const grantOf = ({ sub, ops: uses, cnf, ttl, nbf }: Root): TokenRequest => ({
  subject: sub,
  audience: 'reports',
  backend: 'aws',
  key_id: 'k',
  policy_claims: { env: 'prod' },
  ttl_seconds: ttl,
  ...(uses && { ops: uses }),
  ...(cnf && { cnf }),
  ...(nbf !== undefined && nbf >= 0 && { not_before: START + nbf }),
});

const jwtOf = ({ sub, ttl, nbf, act, mayAct }: Root): JwtSubject => ({
  caller: { kind: 'jwt', id: sub, issuer: 'https://id.example', scopes: ['kkp:issue'], attributes: {} },
  // Some have ended, as within the tolerance of clocks; some end in the middle of a second.
  expiresAt: START + ttl * 1.5 - 20,
  ...(nbf !== undefined && { notBefore: START + nbf + 0.5 }),
  ...(act !== undefined && { act }),
  ...(mayAct !== undefined && { mayAct }),
});

const askedOf = ({ audience, key, ops: uses, ttl_seconds, cnf }: Ask): Asked => ({
  ...(audience !== undefined && { audience }),
  ...(key && { key }),
  ...(uses && { ops: uses }),
  ...(ttl_seconds !== undefined && { ttl_seconds }),
  ...(cnf && { cnf }),
});

import { attacks } from '../support/credential-attacks.js';
import { CountedCalls } from '../support/counting-backends.js';
import { proofMaker, type ProofMaker } from '../support/dpop.js';
import { signJwt, type TestKey } from '../support/issuer.js';
import { keyOfSeed, ringOf } from '../support/known-keys.js';
import { emulations, startServer, type TestServer } from '../support/server.js';
import { Kkp } from '../../src/kkp.js';
import { alice, bob, mallory } from '../vectors/tokens/keys.js';
import { goodClaims, NOW } from '../vectors/tokens/forge.js';
import type { TokenVector, TokenVectorFile, VectorReason } from '../vectors/tokens/types.js';
import optionalClaims from '../vectors/optional-claims.json' with { type: 'json' };
import vectors from '../vectors/tokens.json' with { type: 'json' };
import { ADMIN, badges, GUARDED } from './route-matrix.js';
import {
  CELLS,
  fits,
  KEY,
  show,
  TOKEN_ROUTES,
  type Cell,
  type Outcome,
  type Shower,
} from './token-routes.js';

const ISSUER = 'https://kkp.example';
const OPS = ['decrypt', 'encrypt', 'rewrap', 'data_key'];

/** What is said of a token that is refused: status, error, detail. One body for each reason. */
const REASONS = {
  malformed: 'The token is not a JWT in compact form, spelled as KKP spells it.',
  unsupported_header:
    'The header of the token must have alg "EdDSA", the typ of our tokens, a kid, and nothing else.',
  unknown_key: 'The token is signed with a key that is not, or no longer, one of ours.',
  bad_signature: 'The signature of the token is not valid.',
  bad_claims: 'The token does not have exactly the claims of a KKP token.',
  not_yet_valid: 'The token was issued in the future, or is not to be used yet.',
  lifetime_exceeded: 'The token is valid for longer than allowed.',
  expired: 'The token has expired.',
  wrong_issuer: 'The token is from another issuer.',
} satisfies Partial<Record<VectorReason, string>>;

type Reason = keyof typeof REASONS;

const clock = { seconds: NOW, now: () => clock.seconds * 1000 };
const kms = new CountedCalls(emulations());
const [key, next, evil] = [alice, bob, mallory].map(({ seed }): TestKey => ({
  ...keyOfSeed(seed),
  alg: 'EdDSA',
})) as [TestKey, TestKey, TestKey];

let client: ProofMaker;
/** Its tokens have an issuer; those of the plain one have none. */
let shower: Shower;
let plain: Shower;
const servers: TestServer[] = [];

beforeAll(async () => {
  client = await proofMaker('ES256');
  shower = await start({ issuer: ISSUER });
  plain = await start();
});
afterAll(() => Promise.all(servers.map((server) => server.close())));
beforeEach(() => {
  kms.count = 0;
  clock.seconds = NOW;
});

/** A server that signs with alice's key, as the vectors do. */
async function start(tokens: { issuer?: string } = {}): Promise<Shower> {
  const store = await ringOf(keyOfSeed(alice.seed), keyOfSeed(bob.seed), NOW);
  const server = await startServer({
    backends: kms.backends,
    overrides: { clock, callers: [badges], keys: { store }, tokens },
  });
  servers.push(server);
  const { envelope } = await server.app
    .get(Kkp, { strict: false })
    .encrypt({ ...KEY, plaintext: 'attack at dawn' }, { caller: ADMIN });
  return { server, envelope, client, now: () => clock.seconds };
}

const isProven = ({ place }: Cell): boolean => place === 'DPoP' || place === 'body with proof';

/** Claims that are good in a cell: bound to the client's key where its proof comes along. */
const claimsFor = (cell: Cell, changes: object = {}): Record<string, unknown> =>
  goodClaims({
    iss: ISSUER,
    iat: NOW,
    ops: OPS,
    ...(isProven(cell) && { cnf: { jkt: client.jkt } }),
    ...changes,
  });

const tokenFor = (cell: Cell, changes: object = {}, signer = key): string =>
  signJwt(claimsFor(cell, changes), signer, { typ: 'JWT' });

const inWords = ({ path, place }: Cell): string => `${path} (${place})`;
const table = CELLS.map((cell) => [inWords(cell), cell] as const);

/** In the header a token that does not read like KKP's is a caller's credential, and of no caller known here. */
function isRefusal(outcome: Outcome, cell: Cell, reason?: Reason): boolean {
  const { accepted, status, error, detail } = outcome;
  if (accepted) return false;
  if (cell.inspects) return status === 200 && error === undefined;
  if (!cell.place.startsWith('body')) {
    if (status === 401 && error === 'unauthenticated') return true;
    // More than Node reads of a header, where only a token beyond all bounds is.
    if (status === 431) return reason === 'malformed';
  }
  if (status !== 401) return false;
  const texts: readonly string[] = reason ? [REASONS[reason]] : Object.values(REASONS);
  return error === 'invalid_token' && texts.includes(detail ?? '');
}

/** Shows each token, and tells of those that were not refused as they should be. */
async function notRefused(
  tokens: readonly { name: string; token: string; reason?: Reason }[],
  cell: Cell,
  by: Shower,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, token, reason } of tokens.filter((one) => fits(one.token, cell))) {
    const outcome = await show(token, cell, by);
    if (!isRefusal(outcome, cell, reason)) wrong.push(`${name}: ${JSON.stringify(outcome)}`);
  }
  return wrong;
}

describe('the routes that take a token', () => {
  it('are those of the matrix of routes on which a token alone is more than nobody', () => {
    const taking = GUARDED.filter(([, { answers }]) => answers.token !== 401).map(([name]) =>
      name.replace('POST ', ''),
    );
    const shown = TOKEN_ROUTES.filter(({ places }) => places.includes('Bearer')).map(({ path }) => path);
    expect(shown.sort()).toEqual(taking.sort());
  });

  it.each(table)('take a good one: %s', async (_words, cell) => {
    expect(await show(tokenFor(cell), cell, shower)).toEqual({ accepted: true, status: 200 });
    expect(kms.count > 0).toBe(!cell.inspects);
  });
});

/** Whoever takes a token compares its audience: see `expected_audience` below. */
const OTHERS_TO_JUDGE = ['another audience'];

describe('a token that was tampered with', () => {
  const attacksOn = (cell: Cell) => {
    const victim = { claims: claimsFor(cell), key, evil, evilUrl: 'http://127.0.0.1:9/jwks' };
    return Object.entries(attacks({ ...victim, header: { typ: 'JWT' } }))
      .map(([name, token]) => ({ name, token }))
      .filter(({ name }) => !OTHERS_TO_JUDGE.includes(name));
  };

  it.each(table)('is refused in each of more than a hundred ways: %s', async (_words, cell) => {
    const forged = attacksOn(cell);
    expect(await notRefused(forged, cell, shower)).toEqual([]);
    expect(kms.count).toBe(0);
    expect(forged.filter(({ token }) => fits(token, cell)).length).toBeGreaterThan(100);
  });
});

describe('each vector of a token to be refused', () => {
  /** Under the rules of a server, which is told nothing beside its issuer. */
  const rejected = (file: TokenVectorFile, issuer?: string) =>
    file.cases
      .filter(
        ({ name, verdict, keys, options }) =>
          verdict === 'reject' &&
          keys === undefined &&
          options.now === NOW &&
          options.max_lifetime_seconds === 900 &&
          options.clock_skew_seconds === 5 &&
          options.issuer === issuer &&
          options.audience === undefined &&
          options.typ === undefined &&
          (issuer !== undefined || options.extra_claims === undefined) &&
          // The server takes all the optional claims.
          name !== 'nbf, not allowed',
      )
      .map(({ name, token, reason }: TokenVector) => ({ name, token, reason: reason as Reason }));
  const [common, optional] = [
    rejected(vectors as TokenVectorFile),
    rejected(optionalClaims as TokenVectorFile, ISSUER),
  ];
  const free = table.filter(([, cell]) => !isProven(cell));

  it('is there, in hundreds', () => {
    expect(common.length).toBeGreaterThan(250);
    expect(optional.length).toBeGreaterThan(40);
  });

  it.each(free)('is refused for its reason: %s', async (_words, cell) => {
    expect(await notRefused(common, cell, plain)).toEqual([]);
    expect(await notRefused(optional, cell, shower)).toEqual([]);
    expect(kms.count).toBe(0);
  });
});

interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly detail?: string;
}

type Case = [
  name: string,
  which: (cell: Cell) => boolean,
  token: (cell: Cell) => string | Promise<string>,
  refusal: Refusal,
  /** Members of the body that spoil the request. */
  more?: object,
];

const everywhere = (): boolean => true;
const uses = ({ inspects }: Cell): boolean => !inspects;
const opens = ({ path }: Cell): boolean => /decrypt|rewrap/.test(path);
const proven = (cell: Cell): boolean => uses(cell) && isProven(cell);
const unproven = (cell: Cell): boolean => uses(cell) && !isProven(cell);
const inBearer = ({ place }: Cell): boolean => place === 'Bearer';

const invalid = (detail: string): Refusal => ({ status: 401, error: 'invalid_token', detail });
const denied = (detail: string): Refusal => ({ status: 403, error: 'policy_denied', detail });
const OTHER_KEY = denied('The token is for another backend or key');

/** Tokens with a good signature that are not good here and now. */
const CASES: readonly Case[] = [
  ['of another ring', everywhere, (cell) => tokenFor(cell, {}, evil), invalid(REASONS.unknown_key)],
  [
    'that names the next key',
    everywhere,
    (cell) => tokenFor(cell, {}, { ...key, kid: next.kid }),
    invalid(REASONS.bad_signature),
  ],
  ['that is revoked', everywhere, (cell) => revoked(cell), invalid('The token has been revoked.')],
  [
    'of this very second',
    everywhere,
    (cell) => tokenFor(cell, { iat: NOW - 300, exp: NOW }),
    invalid(REASONS.expired),
  ],
  [
    'of the last second',
    everywhere,
    (cell) => tokenFor(cell, { iat: NOW - 300, exp: NOW - 1 }),
    invalid(REASONS.expired),
  ],
  [
    'of another issuer',
    everywhere,
    (cell) => tokenFor(cell, { iss: `${ISSUER}/` }),
    invalid(REASONS.wrong_issuer),
  ],
  [
    'not to be used yet',
    everywhere,
    (cell) => tokenFor(cell, { nbf: NOW + 1 }),
    invalid(REASONS.not_yet_valid),
  ],
  [
    'for other operations',
    uses,
    (cell) => tokenFor(cell, { ops: OPS.filter((op) => op !== useOf(cell)) }),
    denied('The token is for other operations.'),
  ],
  ['for another key', uses, (cell) => tokenFor(cell, { key_id: 'alias/other' }), OTHER_KEY],
  ['for another backend', uses, (cell) => tokenFor(cell, { backend: 'gcp' }), OTHER_KEY],
  [
    'for another environment',
    uses,
    (cell) => tokenFor(cell, { policy_claims: { environment: 'test' } }),
    denied('The policy does not allow this.'),
  ],
  [
    'for another audience',
    opens,
    (cell) => tokenFor(cell),
    denied('The token is for another audience.'),
    { expected_audience: 'elsewhere' },
  ],
  [
    'shown twice',
    inBearer,
    (cell) => tokenFor(cell),
    { status: 400, error: 'invalid_request' },
    { token: 'a.b.c' },
  ],
  [
    'bound to a key, without its proof',
    unproven,
    (cell) => tokenFor(cell, { cnf: { jkt: client.jkt } }),
    invalid('The token is bound to a key: send a DPoP proof with it.'),
  ],
  [
    'bound to another key',
    proven,
    (cell) => tokenFor(cell, { cnf: { jkt: key.kid } }),
    invalid('The proof is of another key than the token is bound to.'),
  ],
  [
    'bound to nothing, beside a proof',
    proven,
    (cell) => tokenFor(cell, { cnf: undefined }),
    invalid('The token is not bound to a DPoP key: send it without a proof.'),
  ],
  [
    'bound to a certificate, beside a proof',
    proven,
    (cell) => tokenFor(cell, { cnf: { 'x5t#S256': client.jkt } }),
    invalid('The token is not bound to a DPoP key: send it without a proof.'),
  ],
  [
    'bound to a certificate',
    unproven,
    (cell) => tokenFor(cell, { cnf: { 'x5t#S256': client.jkt } }),
    invalid('The token is bound to a client certificate: show it over a connection of that client.'),
  ],
];

const USES: readonly [RegExp, string][] = [
  [/decrypt/, 'decrypt'],
  [/rewrap/, 'rewrap'],
  [/encrypt/, 'encrypt'],
  [/datakey/, 'data_key'],
];
const useOf = ({ path }: Cell): string | undefined => USES.find(([pattern]) => pattern.test(path))?.[1];

async function revoked(cell: Cell): Promise<string> {
  const jti = crypto.randomUUID();
  const response = await fetch(`${shower.server.url}/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-badge': 'admin' },
    body: JSON.stringify({ jti }),
  });
  expect(response.status).toBe(200);
  return tokenFor(cell, { jti });
}

describe('a token', () => {
  const rows = CASES.map((one) => [one[0], one] as const);

  it.each(rows)('%s is refused wherever it is shown', async (_name, [, which, token, refusal, more]) => {
    for (const cell of CELLS.filter(which)) {
      const { accepted, status, error, detail = '' } = await show(await token(cell), cell, shower, more);
      const told = { status, error, detail: detail.slice(0, refusal.detail?.length ?? 0) };
      const expected = cell.inspects
        ? { status: 200, error: undefined, detail: '' }
        : { detail: '', ...refusal };
      expect([inWords(cell), accepted, told]).toEqual([inWords(cell), false, expected]);
    }
    expect(kms.count).toBe(0);
  });

  it.each(table)('is good until the second before its end: %s', async (_words, cell) => {
    const token = tokenFor(cell);
    clock.seconds = NOW + 299;
    expect(await show(token, cell, shower)).toMatchObject({ accepted: true });
    kms.count = 0;
    clock.seconds = NOW + 300;
    expect(isRefusal(await show(token, cell, shower), cell, 'expired')).toBe(true);
    expect(kms.count).toBe(0);
  });
});

import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import type { ListVectorFile } from '../../../../../test/vectors/revocations/types.js';
import {
  createRemoteRevocations,
  importJwks,
  KkpConnectionError,
  readRevocations,
  RevocationsError,
  verifyToken,
  type TokenClaims,
} from '../../src/index.js';
import { caught } from '../support/caught.js';
import { type TestServer, json, raw, startServer } from '../support/server.js';
import { makeKey, NOW_MS } from '../support/tokens.js';

const file = new URL('../../../../../test/vectors/revocations.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as ListVectorFile;
const keys = importJwks(vectors.keys);

const readVector = ({ list, options }: ListVectorFile['cases'][number], at = options.now) =>
  readRevocations(list, keys, {
    now: () => at * 1000,
    maxLifetimeSeconds: options.max_lifetime_seconds,
    clockSkewSeconds: options.clock_skew_seconds,
    ...(options.issuer !== undefined && { issuer: options.issuer }),
  });

const accepted = vectors.cases.filter(({ verdict }) => verdict === 'accept');
const rejected = vectors.cases.filter(({ verdict }) => verdict === 'reject');

describe('the shared vectors of revocation lists', () => {
  it('are there', () => {
    expect([accepted.length > 5, rejected.length > 20]).toEqual([true, true]);
  });

  it.each(rejected)('refuse: $name', async (vector) => {
    const error = await caught(readVector(vector));
    expect(error).toBeInstanceOf(RevocationsError);
    expect(error).toMatchObject({ reason: vector.reason });
  });

  it.each(accepted)('accept: $name', async (vector) => {
    const revocations = await readVector(vector);
    for (const { claims, kid, revoked } of vector.checks ?? []) {
      expect(await revocations.covers(claims as TokenClaims, kid)).toBe(revoked);
    }
  });
});

describe('a list at its end', () => {
  it('says nothing any more', async () => {
    let seconds = accepted[0]!.options.now;
    const list = await readRevocations(accepted[0]!.list, keys, { now: () => seconds * 1000 });
    seconds = list.expiresAt;
    const asked = list.covers({ jti: 'x', iat: 0 } as TokenClaims, 'k');
    expect(await caught(asked)).toMatchObject({ code: 'bad_revocations', reason: 'expired' });
  });
});

describe('verifyToken with revocations', () => {
  const key = makeKey('k1');
  const jwks = { keys: [key.jwk] };
  const now = () => NOW_MS;

  it.each([
    [true, 'revoked'],
    [false, undefined],
  ])('that say %s', async (covered, reason) => {
    const verified = verifyToken(key.sign(), jwks, {
      now,
      revocations: { covers: () => Promise.resolve(covered) },
    });
    if (reason) expect(await caught(verified)).toMatchObject({ reason });
    else expect(await verified).toMatchObject({ sub: 'orders' });
  });

  it('that cannot tell accepts nothing', async () => {
    const revocations = { covers: () => Promise.reject(new Error('no list')) };
    expect(await caught(verifyToken(key.sign(), jwks, { now, revocations }))).toMatchObject({
      message: 'no list',
    });
  });

  it('that are none throws', async () => {
    const revocations = undefined as never;
    expect(await caught(verifyToken(key.sign(), jwks, { now, revocations }))).toBeInstanceOf(TypeError);
  });
});

describe('createRemoteRevocations', () => {
  const [vector] = accepted.filter(
    ({ checks, options }) => checks?.some(({ revoked }) => revoked) && !options.issuer,
  );
  const { claims, kid } = vector!.checks!.find(({ revoked }) => revoked)!;
  let server: TestServer;
  let seconds: number;
  const serving = (age: number) =>
    raw(vector!.list, 200, { 'content-type': 'application/jwt', 'cache-control': `max-age=${age}` });
  const remote = () => createRemoteRevocations(`${server.url}/list`, keys, { now: () => seconds * 1000 });
  const ask = (revocations: ReturnType<typeof remote>) => revocations.covers(claims as TokenClaims, kid);

  beforeEach(async () => {
    server = await startServer();
    server.answer = serving(5);
    seconds = vector!.options.now;
  });
  afterEach(() => server.close());

  it('fetches once for many tokens, and anew when its age is up', async () => {
    const revocations = remote();
    expect(await Promise.all([ask(revocations), ask(revocations)])).toEqual([true, true]);
    expect(server.seen).toHaveLength(1);
    seconds += 5;
    await ask(revocations);
    expect(server.seen).toHaveLength(2);
  });

  it('relies on a list until its exp while the server is away, and then on none', async () => {
    const revocations = remote();
    await ask(revocations);
    server.answer = (request) => request.socket.destroy();
    seconds += 6;
    expect(await ask(revocations)).toBe(true);
    seconds += vector!.options.max_lifetime_seconds + 1;
    expect(await caught(ask(revocations))).toBeInstanceOf(KkpConnectionError);
  });

  it.each<[string, RequestListener]>([
    ['no list', json({ keys: [] })],
    ['an error', json({ error: 'internal_error', message: 'No.' }, 503)],
    ['a list that is changed', (...exchange) => raw(vector!.list.replace('.e', '.f'))(...exchange)],
  ])('accepts nothing for %s, and asks at most once a second', async (_, answer) => {
    server.answer = answer;
    const revocations = remote();
    expect(await caught(ask(revocations))).toBeInstanceOf(Error);
    expect(await caught(ask(revocations))).toBeInstanceOf(Error);
    expect(server.seen).toHaveLength(1);
  });
});

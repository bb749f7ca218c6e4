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

const claimsOf = (list: string) =>
  JSON.parse(Buffer.from(list.split('.')[1]!, 'base64url').toString()) as { iss?: string };

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

describe('the options of a list', () => {
  const issued = accepted.find(({ options }) => options.issuer !== undefined)!;
  const anonymous = accepted.find(({ name, list }) => name !== issued.name && !claimsOf(list).iss)!;
  const read = ({ list, options }: typeof issued, more: object) =>
    readRevocations(list, keys, { now: () => options.now * 1000, ...more });

  it.each(['https://other.example', '', 'HTTPS://KKP.EXAMPLE', `${claimsOf(issued.list).iss}/`])(
    'refuse another issuer: %j',
    async (issuer) => {
      for (const vector of [issued, anonymous])
        expect(await caught(read(vector, { issuer }))).toMatchObject({ reason: 'wrong_issuer' });
    },
  );

  it('refuse a list without an issuer where one is asked for, and take its own', async () => {
    const issuer = claimsOf(issued.list).iss;
    expect(await caught(read(anonymous, { issuer }))).toMatchObject({ reason: 'wrong_issuer' });
    expect(await read(issued, { issuer })).toHaveProperty('covers');
  });

  it.each([
    { issuer: undefined },
    { issuer: null },
    { issuer: ['https://kkp.example'] },
    { maxLifetimeSeconds: NaN },
    { maxLifetimeSeconds: Infinity },
    { maxLifetimeSeconds: 0 },
    { clockSkewSeconds: NaN },
    { clockSkewSeconds: 61 },
    { clockSkewSeconds: -1 },
    { now: () => NaN },
  ])('under which a check would be left out are refused: %p', async (options) => {
    const error = await caught(read(issued, options));
    expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
    const remote = () => createRemoteRevocations('http://127.0.0.1:1/list', keys, options as object);
    if (!('now' in options)) expect(remote).toThrow();
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

  describe('with another list after the first', () => {
    const signer = makeKey('k1');
    const second = makeKey('k2');
    const both = importJwks({ keys: [signer.jwk, second.jwk] });
    const at = NOW_MS / 1000;
    const listOf = (key: typeof signer, iat: number, rules: object[], exp = iat + 60) =>
      key.signAs('kkp-revocations+jwt', { iat, exp, rules });
    const revoked = { jti: '6f1c1f0e-8a54-4d57-9a3c-2f1d4b5e6a70', expires_at: at + 900 };
    const stolen = { kid: 'k2', expires_at: at + 30 };
    const token = { ...claims, jti: revoked.jti, iat: at } as TokenClaims;

    async function after(first: string, next: string, later: number) {
      seconds = at;
      const list = (text: string) => raw(text, 200, { 'cache-control': 'max-age=5' });
      server.answer = list(first);
      const revocations = createRemoteRevocations(server.url, both, { now: () => seconds * 1000 });
      const asked = () => revocations.covers(token, 'k1');
      const before = await asked();
      server.answer = list(next);
      seconds += later;
      return { before, after: await asked().catch((error: unknown) => error) };
    }

    it('takes a newer one, and one of the same second', async () => {
      for (const iat of [at, at + 6]) {
        const next = listOf(signer, iat, []);
        expect(await after(listOf(signer, at, [revoked]), next, 6)).toEqual({ before: true, after: false });
      }
    });

    it('puts no older one in its place, and accepts nothing at its end', async () => {
      const older = listOf(signer, at - 1, [], at + 600);
      expect(await after(listOf(signer, at, [revoked]), older, 6)).toEqual({ before: true, after: true });
      const ended = await after(listOf(signer, at, [revoked]), older, 61);
      expect(ended.after).toMatchObject({ code: 'bad_response' });
    });

    it('says so of a list that ends as soon as it is here', async () => {
      const brief = listOf(signer, at, [], at + 1);
      seconds = at + 0.5;
      server.answer = raw(brief);
      const revocations = createRemoteRevocations(server.url, both, { now: () => seconds * 1000 });
      expect(await revocations.covers(token, 'k1')).toBe(false);
      seconds = at + 1.2;
      expect(await caught(revocations.covers(token, 'k1'))).toMatchObject({ reason: 'expired' });
      expect(server.seen).toHaveLength(1);
    });

    it('takes none of a key that it takes back, until that rule ends', async () => {
      const first = listOf(signer, at, [revoked, stolen]);
      const forged = (iat: number) => listOf(second, iat, [], at + 600);
      expect(await after(first, forged(at + 6), 6)).toEqual({ before: true, after: true });
      expect(await after(first, forged(at + 29), 29)).toEqual({ before: true, after: true });
      expect(await after(first, forged(at + 30), 30)).toEqual({ before: true, after: false });
    });
  });
});

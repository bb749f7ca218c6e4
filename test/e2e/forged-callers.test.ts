import { apiKey, jwt, makeKey as makeApiKey } from '../../src/callers/index.js';
import { systemRandom } from '../../src/random.js';
import { attacks } from '../support/credential-attacks.js';
import { CountedCalls } from '../support/counting-backends.js';
import { basic } from '../support/form.js';
import { makeKey, signJwt, TestIssuer, type TestKey } from '../support/issuer.js';
import { emulations, startServer, type TestServer } from '../support/server.js';
import { askRoute, requestFor } from './ask-route.js';
import { GUARDED } from './route-matrix.js';

const KEY_TYPES = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;
type KeyType = (typeof KEY_TYPES)[number];

interface Party {
  readonly issuer: TestIssuer;
  readonly key: TestKey;
  /** Every forgery, by its name. */
  readonly forged: readonly (readonly [name: string, token: string])[];
}

const CLIENT = 'svc-nightly';
const clock = { seconds: 1_700_000_000, now: () => clock.seconds * 1000 };
const kms = new CountedCalls(emulations());
const parties = {} as Record<KeyType, Party>;
const api = makeApiKey(systemRandom);
let server: TestServer;

beforeAll(async () => {
  for (const alg of KEY_TYPES) {
    const [key, evil] = [makeKey(alg, `Key-${alg}`), makeKey(alg, 'evil')];
    const issuer = await TestIssuer.start(key);
    const evilUrl = `${issuer.url}/evil`;
    const forged = Object.entries(attacks({ claims: issuer.claims(clock.seconds), key, evil, evilUrl }));
    parties[alg] = { issuer, key, forged };
  }
  const jwts = Object.values(parties).map(({ issuer: { url, jwksUrl } }) =>
    jwt({ issuer: url, audience: 'kkp', jwksUrl, algorithms: KEY_TYPES }, clock),
  );
  const keys = [{ id: api.id, hash: api.hash, name: CLIENT, scopes: ['kkp:issue', 'kkp:admin'] }];
  server = await startServer({
    backends: kms.backends,
    overrides: { clock, callers: [...jwts, apiKey({ keys }, clock)] },
  });
});
afterAll(async () => {
  await server.close();
  await Promise.all(Object.values(parties).map(({ issuer }) => issuer.close()));
});
beforeEach(() => (kms.count = 0));

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const issue = () => requestFor(...GUARDED.find(([name]) => name === 'POST /token')!);

describe('a forged JWT', () => {
  it('is there in more than a hundred forms for each type of key, beside a good one', async () => {
    for (const { key, issuer, forged } of Object.values(parties)) {
      expect(forged.length).toBeGreaterThan(110);
      const good = signJwt(issuer.claims(clock.seconds, { sub: 'svc-billing' }), key);
      expect([key.alg, (await askRoute(server.url, issue(), bearer(good))).status]).toEqual([key.alg, 200]);
    }
  });

  it.each(GUARDED)('by the rules of RS256 is refused by %s', async (name, route) => {
    const request = requestFor(name, route);
    const accepted: string[] = [];
    for (const [attack, token] of parties.RS256.forged) {
      const { status } = await askRoute(server.url, request, bearer(token));
      if (status !== 401) accepted.push(`${attack} (${status})`);
    }
    expect(accepted).toEqual([]);
    expect(kms.count).toBe(0);
  });

  it.each(KEY_TYPES)('by the rules of %s is refused by POST /token and POST /oauth/token', async (alg) => {
    const accepted: string[] = [];
    for (const [name, route] of GUARDED.filter(([each]) => each.endsWith('/token'))) {
      for (const [attack, token] of parties[alg].forged) {
        const { status } = await askRoute(server.url, requestFor(name, route), bearer(token));
        if (status !== 401) accepted.push(`${name}: ${attack} (${status})`);
      }
    }
    expect(accepted).toEqual([]);
    expect(kms.count).toBe(0);
  });

  it('makes nobody ask for the keys that it names', () => {
    for (const { issuer } of Object.values(parties)) expect(issuer.asked).not.toContain('/evil');
  });
});

describe('a forged API key', () => {
  /** The key with each of its characters another, and other texts near it. */
  const forged = [
    ...[...api.key].map(
      (letter, at) => api.key.slice(0, at) + (letter === 'x' ? 'y' : 'x') + api.key.slice(at + 1),
    ),
    api.key.slice(0, -1),
    `${api.key}A`,
    api.key.toUpperCase(),
    api.key.replace('kkp_', ''),
    api.hash,
    api.id,
    `kkp_${api.id}_${'A'.repeat(43)}`,
    `${api.key},${api.key}`,
    '',
  ];

  it.each<[string, (key: string) => Record<string, string>]>([
    ['X-API-Key', (key) => ({ 'x-api-key': key })],
    ['client_secret_basic', (key) => basic(CLIENT, key)],
  ])('is refused on each route in each of more than seventy forms: %s', async (_name, headers) => {
    expect(forged.length).toBeGreaterThan(70);
    expect((await askRoute(server.url, issue(), headers(api.key))).status).toBe(200);
    const accepted: string[] = [];
    for (const [name, route] of GUARDED) {
      for (const key of forged) {
        const { status } = await askRoute(server.url, requestFor(name, route), headers(key));
        if (status !== 401) accepted.push(`${name}: ${key} (${status})`);
      }
    }
    expect(accepted).toEqual([]);
    expect(kms.count).toBe(0);
  });
});

import { createHmac } from 'node:crypto';
import { CallerAuthentication, spiffe, type Authenticator } from '../../../src/callers/index.js';
import { SPIFFE_ALGORITHMS } from '../../../src/callers/jwt/algorithms.js';
import {
  encode,
  makeKey,
  requestWith,
  signJwt,
  TestClock,
  TestIssuer,
  type TestKey,
} from '../../support/issuer.js';

const REFUSED = { code: 'unauthenticated' };
const UNAVAILABLE = { code: 'unavailable' };
const HINT_SECONDS = 60;

/** What may stand in place of `keys` and is no list of them. */
const NO_LISTS: [string, unknown][] = [
  ['no keys', {}],
  ['null for keys', { keys: null }],
  ['an object for keys', { keys: {} }],
  ['a list', []],
];

describe('the bundle of a trust domain', () => {
  const keys = ['RS256', 'ES256', 'PS384'].map((alg) => makeKey(alg, alg, { use: 'jwt-svid' }));
  const [first] = keys as [TestKey];
  let clock: TestClock;
  let bundle: TestIssuer;
  let authenticator: Authenticator;
  beforeEach(async () => {
    clock = new TestClock();
    bundle = await TestIssuer.start(...keys);
    bundle.extra = { spiffe_refresh_hint: HINT_SECONDS };
    authenticator = spiffe(
      { trustDomain: 'prod.example', audience: 'kkp', bundleUrl: bundle.jwksUrl },
      clock,
    );
  });
  afterEach(async () => {
    await authenticator.close?.();
    await bundle.close();
  });

  const claims = () => ({ sub: 'spiffe://prod.example/billing', aud: ['kkp'], exp: clock.seconds + 300 });
  const show = (text: string) => authenticator.authenticate(requestWith(text));
  const ask = (key: TestKey) => show(signJwt(claims(), key));
  /** Whether a JWT-SVID by each key is good, "unauthenticated" and "unavailable" told apart. */
  const outcomes = () =>
    Promise.all(
      keys.map((key) =>
        ask(key).then(
          (caller) => caller?.kind,
          (error: unknown) => (error as { code?: string }).code,
        ),
      ),
    );
  const all = (outcome: string) => keys.map(() => outcome);

  it('revokes all of its keys when it has none, within its refresh hint, and stays so', async () => {
    expect(await outcomes()).toEqual(all('spiffe'));
    bundle.keys = [];
    clock.advance(HINT_SECONDS - 1);
    expect(await outcomes()).toEqual(all('spiffe'));
    clock.advance(1);
    expect(await outcomes()).toEqual(all('unauthenticated'));
    clock.advance(3_600);
    expect(await outcomes()).toEqual(all('unauthenticated'));
    bundle.keys = keys;
    clock.advance(HINT_SECONDS);
    expect(await outcomes()).toEqual(all('spiffe'));
  });

  it('that never had a key verifies nothing', async () => {
    bundle.keys = [];
    expect(await outcomes()).toEqual(all('unauthenticated'));
  });

  it.each(NO_LISTS)(
    'revokes nothing when there is %s, which is a fault and no empty list',
    async (_what, document) => {
      await ask(first);
      bundle.fault = (_request, response) =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
      clock.advance(HINT_SECONDS);
      expect(await outcomes()).toEqual(all('spiffe'));
      clock.advance(3_600);
      expect(await outcomes()).toEqual(all('unavailable'));
      bundle.fault = undefined;
      clock.advance(5);
      expect(await outcomes()).toEqual(all('spiffe'));
    },
  );

  it.each(NO_LISTS)('is not there when it begins with %s', async (_what, document) => {
    bundle.fault = (_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
    await expect(ask(first)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('takes nine algorithms, each RSA or ECDSA', () => {
    expect([...SPIFFE_ALGORITHMS].sort()).toEqual(
      ['ES', 'PS', 'RS'].flatMap((family) => ['256', '384', '512'].map((bits) => family + bits)),
    );
  });

  it.each(['none', 'None', 'HS256', 'HS384', 'HS512', 'ES256K', 'RSA-OAEP', 'rs256', ''])(
    'refuses alg %j by the key of a kid that it has, and asks nobody',
    async (alg) => {
      const input = [{ alg, kid: first.kid }, claims()].map(encode).join('.');
      const mac = createHmac('sha256', JSON.stringify(first.jwk)).update(input).digest('base64url');
      for (const text of [`${input}.${mac}`, signJwt(claims(), first, { alg })])
        await expect(show(text)).rejects.toMatchObject(REFUSED);
      expect(bundle.asked).toEqual([]);
    },
  );

  it('is not looked at for a JWT-SVID in any form but the compact one', async () => {
    const callers = new CallerAuthentication([authenticator]);
    const [header, payload, signature] = signJwt(claims(), first).split('.') as [string, string, string];
    const signed = { protected: header, signature };
    for (const text of [
      JSON.stringify({ payload, ...signed }),
      JSON.stringify({ payload, signatures: [signed] }),
      encode({ payload, ...signed }),
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}..${signature}`,
      `${header}.${payload}.${signature}.${signature}.${signature}`,
    ]) {
      await expect(callers.authenticate(requestWith(text))).rejects.toMatchObject(REFUSED);
    }
    expect(bundle.asked).toEqual([]);
  });
});

import { spiffe, type SpiffeOptions } from '../../../src/callers/index.js';
import { SPIFFE_ALGORITHMS } from '../../../src/callers/jwt/algorithms.js';
import { makeKey, requestWith, signJwt, TestClock, TestIssuer, type TestKey } from '../../support/issuer.js';

const REFUSED = { code: 'unauthenticated' };
const ID = 'spiffe://prod.example/billing/invoices';
const svidKey = (alg: string, kid: string) => makeKey(alg, kid, { use: 'jwt-svid' });

describe('spiffe', () => {
  const key = svidKey('ES256', 'k1');
  let clock: TestClock;
  let bundle: TestIssuer;
  beforeAll(async () => (bundle = await TestIssuer.start(key)));
  afterAll(() => bundle.close());
  beforeEach(() => {
    clock = new TestClock();
    bundle.keys = [key];
    bundle.extra = {};
    bundle.asked.length = 0;
  });

  const made = (options: Partial<SpiffeOptions> = {}) =>
    spiffe({ trustDomain: 'prod.example', audience: 'kkp', bundleUrl: bundle.jwksUrl, ...options }, clock);
  const svid = (claims: object = {}, signer: TestKey = key, header: object = {}) =>
    signJwt({ sub: ID, aud: ['kkp'], exp: clock.seconds + 300, ...claims }, signer, header);
  const tell = (claims: object = {}, signer: TestKey = key, header: object = {}) =>
    made().authenticate(requestWith(svid(claims, signer, header)));

  it('tells the workload of a JWT-SVID with just sub, aud and exp', async () => {
    expect(await tell()).toEqual({
      kind: 'spiffe',
      id: ID,
      issuer: 'spiffe://prod.example',
      scopes: [],
      attributes: { trust_domain: 'prod.example', path: '/billing/invoices' },
    });
  });

  it('gives scopes to the workloads that are listed', async () => {
    const scopes = { 'kkp:admin': [ID], 'kkp:issue': [`${ID}/`, 'spiffe://prod.example'] };
    expect((await made({ scopes }).authenticate(requestWith(svid())))?.scopes).toEqual(['kkp:admin']);
  });

  it.each(SPIFFE_ALGORITHMS)('verifies %s', async (alg) => {
    const signer = svidKey(alg, 'k2');
    bundle.keys = [key, signer];
    expect(await tell({}, signer)).toMatchObject({ id: ID });
  });

  it.each(['EdDSA', 'Ed25519'])('refuses %s, which no JWT-SVID has', async (alg) => {
    const signer = svidKey(alg, 'k2');
    bundle.keys = [key, signer];
    await expect(tell({}, signer)).rejects.toMatchObject(REFUSED);
  });

  it.each(['JWT', 'JOSE', undefined])('takes the typ %s', async (typ) => {
    expect(await tell({}, key, { typ })).toBeDefined();
  });

  it.each(['jwt', 'at+jwt', '', 1])('refuses the typ %j', async (typ) => {
    await expect(tell({}, key, { typ })).rejects.toMatchObject(REFUSED);
  });

  it.each([
    'spiffe://other.example/billing',
    'spiffe://prod.example.evil/billing',
    'spiffe://evil.prod.example/billing',
    'spiffe://PROD.example/billing',
    'spiffe://prod.example',
    'spiffe://prod.example:8080/billing',
    'spiffe://user@prod.example/billing',
    'https://prod.example/billing',
    'SPIFFE://prod.example/billing',
    ' spiffe://prod.example/billing',
    7,
    undefined,
  ])('leaves the subject %j to others', async (sub) => {
    expect(await tell({ sub })).toBeUndefined();
    expect(bundle.asked).toEqual([]);
  });

  it.each([
    '/',
    '/a/',
    '/a//b',
    '/./a',
    '/a/..',
    '/a?x',
    '/a#x',
    '/a%2fb',
    '/a b',
    '/é',
    '/a\n',
    `/${'a'.repeat(2_048)}`,
  ])('refuses the path %j', async (path) => {
    await expect(tell({ sub: `spiffe://prod.example${path}` })).rejects.toMatchObject(REFUSED);
  });

  it.each<[string, object]>([
    ['a second audience', { aud: ['kkp', 'other'] }],
    ['another audience', { aud: ['other'] }],
    ['no audience', { aud: undefined }],
    ['an empty list of audiences', { aud: [] }],
    ['no end', { exp: undefined }],
    ['an end in text', { exp: '1800000300' }],
    ['an end long ago', { exp: 1_799_999_970 }],
    ['an end in a year', { exp: 1_831_536_000 }],
    ['a beginning tomorrow', { iat: 1_800_086_400, exp: 1_800_086_500 }],
    ['a beginning of the wrong type', { iat: null }],
  ])('refuses a JWT-SVID with %s', async (_what, claims) => {
    await expect(tell(claims)).rejects.toMatchObject(REFUSED);
  });

  it('takes a JWT-SVID within the skew after its end, whether it says its beginning or not', async () => {
    const exp = 1_800_000_000 - 29;
    expect(await tell({ exp })).toBeDefined();
    expect(await tell({ exp, iat: exp - 60 })).toBeDefined();
    await expect(tell({ exp, iat: exp })).rejects.toMatchObject(REFUSED);
  });

  it('takes an audience that is no list', async () => {
    expect(await tell({ aud: 'kkp' })).toBeDefined();
  });

  it.each([{ use: 'sig' }, { use: 'x509-svid' }, {}])(
    'verifies nothing by a key with %j',
    async (members) => {
      const other = makeKey('ES256', 'other', members);
      bundle.keys = [key, other];
      await expect(tell({}, other)).rejects.toMatchObject(REFUSED);
      expect(await tell()).toBeDefined();
    },
  );

  it('asks for the bundle as often as the bundle says', async () => {
    bundle.extra = { spiffe_refresh_hint: 60 };
    const authenticator = made();
    const ask = () => authenticator.authenticate(requestWith(svid()));
    await ask();
    clock.advance(59);
    await ask();
    expect(bundle.asked).toHaveLength(1);
    clock.advance(1);
    bundle.keys = [];
    await expect(ask()).rejects.toMatchObject(REFUSED);
    expect(bundle.asked).toHaveLength(2);
  });

  it.each([0, -1, 1e9, '60', null])('asks as configured when the hint is %j', async (spiffe_refresh_hint) => {
    bundle.extra = { spiffe_refresh_hint };
    const authenticator = made();
    const ask = () => authenticator.authenticate(requestWith(svid()));
    await ask();
    clock.advance(599);
    await ask();
    expect(bundle.asked).toHaveLength(1);
    clock.advance(1);
    await ask();
    expect(bundle.asked).toHaveLength(2);
  });

  it.each<[string, object, RegExp]>([
    ['no bundle', { bundleUrl: undefined }, /bundleUrl: must be there, or bundleFile/],
    ['two bundles', { bundleFile: '/b' }, /bundleFile: must not be there beside bundleUrl/],
    ['a trust domain in capitals', { trustDomain: 'PROD' }, /trustDomain: must be/],
    ['a trust domain that is a URI', { trustDomain: 'spiffe://prod' }, /trustDomain: must be/],
    ['no audience', { audience: undefined }, /audience: must be/],
  ])('has faulty options with %s', (_what, options, fault) => {
    expect(() => made(options)).toThrow(fault);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jwt, type Authenticator, type JwtOptions } from '../../../src/callers/index.js';
import { makeKey, requestWith, signJwt, TestClock, TestIssuer, type TestKey } from '../../support/issuer.js';

describe('jwt', () => {
  const key = makeKey('ES256', 'k1');
  const clock = new TestClock();
  let issuer: TestIssuer;
  beforeAll(async () => (issuer = await TestIssuer.start(key)));
  afterAll(() => issuer.close());
  beforeEach(() => {
    issuer.keys = [key];
    issuer.discovery = undefined;
    issuer.asked.length = 0;
  });

  const made = (options: Partial<JwtOptions> = {}): Authenticator =>
    jwt({ issuer: issuer.url, audience: 'kkp', ...options }, clock);
  const tell = (claims: object, options: Partial<JwtOptions> = {}, signer: TestKey = key, header = {}) =>
    made(options).authenticate(requestWith(signJwt(issuer.claims(clock.seconds, claims), signer, header)));
  const refusal = { code: 'unauthenticated' };

  it('tells the caller of a credential whose keys are discovered at the issuer', async () => {
    expect(await tell({})).toEqual({
      kind: 'jwt',
      id: 'alice',
      issuer: issuer.url,
      scopes: [],
      attributes: {},
    });
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('refuses a credential of one who acts for another, whom a caller would hide', async () => {
    for (const act of [{ sub: 'svc-b' }, {}, null, 'svc-b'])
      await expect(tell({ act })).rejects.toMatchObject(refusal);
    const token = signJwt(issuer.claims(clock.seconds, { act: { sub: 'svc-b' } }), key);
    expect(await made().subjectOf!(token)).toMatchObject({ caller: { id: 'alice' }, act: { sub: 'svc-b' } });
  });

  it('takes keys from a URL without discovery, for an issuer that need not be a URL', async () => {
    const options = { issuer: 'urn:corp', jwksUrl: issuer.jwksUrl };
    expect(await tell({ iss: 'urn:corp' }, options)).toMatchObject({ issuer: 'urn:corp' });
    expect(issuer.asked).toEqual(['/jwks']);
  });

  it.each([
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
  ])('verifies %s where it is configured', async (alg) => {
    const signer = makeKey(alg, 'k2');
    issuer.keys = [key, signer];
    expect(await tell({}, { algorithms: [alg] }, signer)).toMatchObject({ id: 'alice' });
  });

  it.each(['RS384', 'PS256', 'ES384', 'ES512'])('refuses %s where nothing is configured', async (alg) => {
    const signer = makeKey(alg, 'k2');
    issuer.keys = [signer];
    await expect(tell({}, {}, signer)).rejects.toMatchObject(refusal);
    expect(issuer.asked).toEqual([]);
  });

  it.each(['RS256', 'ES256', 'EdDSA', 'Ed25519'])('verifies %s where nothing is configured', async (alg) => {
    const signer = makeKey(alg, 'k2');
    issuer.keys = [signer];
    expect(await tell({}, {}, signer)).toMatchObject({ id: 'alice' });
  });

  it.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt'])('takes the typ %s', async (typ) => {
    expect(await tell({}, {}, key, { typ })).toBeDefined();
  });

  it.each(['b64', 'crit', 'enc', 'jku', 'jwk', 'x5c', 'x5u', 'zip'])(
    'refuses the member %s in a header, and asks for no key',
    async (name) => {
      await expect(tell({}, {}, key, { [name]: true })).rejects.toMatchObject(refusal);
      expect(issuer.asked).toEqual([]);
    },
  );

  it('takes a kid of 1 to 256 characters, and asks for no key for any other', async () => {
    const longest = makeKey('ES256', 'k'.repeat(256));
    issuer.keys = [longest];
    expect(await tell({}, {}, longest)).toBeDefined();
    issuer.asked.length = 0;
    for (const kid of ['', `${longest.kid}k`, 7, null, ['k1']]) {
      await expect(tell({}, {}, longest, { kid })).rejects.toMatchObject(refusal);
    }
    expect(issuer.asked).toEqual([]);
  });

  it('takes a credential of 8,192 characters, and none of more', async () => {
    const padded = (bytes: number, header: object): string =>
      signJwt(issuer.claims(clock.seconds, { pad: 'x'.repeat(bytes) }), key, header);
    // A segment has 4n, 4n + 2 or 4n + 3 characters: not every length is that of a token with this header.
    const tokens = [{}, { ab: 1 }, { abc: 1 }].flatMap((header) => {
      const most = Math.floor(((8192 - padded(0, header).length) * 3) / 4);
      return [-1, 0, 1, 2].map((more) => padded(most + more, header));
    });
    const [longest, longer] = [8192, 8193].map((size) => tokens.find(({ length }) => length === size)!);
    expect(await made().authenticate(requestWith(longest))).toMatchObject({ id: 'alice' });
    expect(await made().authenticate(requestWith(longer))).toBeUndefined();
  });

  it('knows nobody without a bearer credential that is one of its issuer', async () => {
    const authenticator = made();
    const foreign = signJwt(issuer.claims(clock.seconds, { iss: `${issuer.url}/` }), key);
    for (const request of [
      requestWith(),
      requestWith('opaque'),
      requestWith(foreign),
      requestWith('a.b.c'),
    ]) {
      expect(await authenticator.authenticate(request)).toBeUndefined();
    }
    const own = signJwt(issuer.claims(clock.seconds), key);
    for (const near of [`${own} x`, `${own}.x`, `${own}.`, own.replace(/[^.]*$/, '')]) {
      expect(await authenticator.authenticate(requestWith(near))).toBeUndefined();
    }
    for (const scheme of ['Basic', 'DPoP', 'Bearer,', 'BearerX', 'Basic Bearer', '']) {
      expect(await authenticator.authenticate(requestWith(own, scheme))).toBeUndefined();
    }
    expect(issuer.asked).toEqual([]);
    expect(await authenticator.authenticate(requestWith(own, 'bEARER'))).toBeDefined();
  });

  it('takes the id from the claim that is configured', async () => {
    expect(await tell({ client_id: 'app' }, { idClaim: 'client_id' })).toMatchObject({ id: 'app' });
  });

  it.each([undefined, '', 7, null, ['a'], {}, 'a\nb', 'a\u0000', 'a\u007f', 'x'.repeat(513)])(
    'refuses a credential whose id is %j',
    async (sub) => {
      await expect(tell({ sub })).rejects.toMatchObject(refusal);
    },
  );

  it('takes an id of 512 characters, of any script', async () => {
    const sub = 'ü'.repeat(512);
    expect(await tell({ sub })).toMatchObject({ id: sub });
  });

  it('takes no id from what every object has', async () => {
    await expect(tell({}, { idClaim: 'toString' })).rejects.toMatchObject(refusal);
  });

  const scopes = { 'kkp:admin': ['ops', 'sre'], 'kkp:issue': ['mint'] };
  it.each<[string, object, Partial<JwtOptions>, string[]]>([
    ['a text with spaces', { scope: 'read  mint ops' }, { scopes }, ['kkp:issue', 'kkp:admin']],
    ['a list', { scope: ['sre', 'read'] }, { scopes }, ['kkp:admin']],
    ['another claim', { roles: ['mint'], scope: 'ops' }, { scopes, scopesClaim: 'roles' }, ['kkp:issue']],
    ['no claim', {}, { scopes }, []],
    ['a claim of another type', { scope: { ops: true } }, { scopes }, []],
    ['a list of other things', { scope: [['ops'], 7, null] }, { scopes }, []],
    ['names of KKP that nobody mapped', { scope: 'kkp:admin kkp:issue' }, {}, []],
    ['part of a name', { scope: 'op opsy OPS' }, { scopes }, []],
    ['no name', { scope: ' read  mint ' }, { scopes: { 'kkp:admin': [''] } }, []],
  ])('maps scopes from %s', async (_from, claims, options, expected) => {
    expect((await tell(claims, options))?.scopes).toEqual(expected);
  });

  it('passes on the claims that are listed and there, and no other', async () => {
    const attributes = ['email', 'groups', 'missing', 'constructor'];
    const caller = await tell({ email: 'a@b', groups: ['x'], phone: '1' }, { attributes });
    expect(caller?.attributes).toEqual({ email: 'a@b', groups: ['x'] });
  });

  it.each<[string, object, boolean]>([
    ['at the last second of the skew', { exp: -29 }, true],
    ['as the skew ends', { exp: -30 }, false],
    ['with nbf within the skew', { nbf: 30 }, true],
    ['with nbf beyond it', { nbf: 31 }, false],
    ['with iat within the skew', { iat: 30 }, true],
    ['with iat beyond it', { iat: 31 }, false],
    ['of the longest life', { iat: 0, exp: 86_400 }, true],
    ['of a longer one', { iat: 0, exp: 86_401 }, false],
    ['that ends as it begins', { iat: 10, exp: 10 }, false],
  ])('judges a credential %s', async (_what, offsets, good) => {
    const times = Object.fromEntries(
      Object.entries(offsets).map(([name, offset]) => [name, clock.seconds + (offset as number)]),
    );
    const telling = tell({ ...('exp' in times && { iat: times.exp - 60, nbf: undefined }), ...times });
    if (good) expect(await telling).toBeDefined();
    else await expect(telling).rejects.toMatchObject(refusal);
  });

  it.each<[string, object]>([
    ['no end', { exp: undefined }],
    ['an end as text', { exp: '1800000300' }],
    ['no beginning', { iat: undefined }],
    ['a beginning as text', { iat: '1800000000' }],
    ['null for a beginning', { iat: null }],
    ['text for nbf', { nbf: '1' }],
    ['null for nbf', { nbf: null }],
  ])('refuses a credential with %s', async (_what, times) => {
    await expect(tell(times)).rejects.toMatchObject({
      ...refusal,
      detail: 'The credential lacks good exp and iat claims.',
    });
  });

  it('takes an audience among others, and no part of one', async () => {
    expect(await tell({ aud: ['other', 'kkp'] })).toBeDefined();
    for (const aud of ['kkp2', 'KKP', ['other'], [], undefined, null, ['kkp', 7], { kkp: 1 }]) {
      await expect(tell({ aud })).rejects.toMatchObject(refusal);
    }
  });

  it('refuses a credential that is bound to a key, for a bearer cannot show it', async () => {
    await expect(tell({ cnf: { jkt: 'x' } })).rejects.toMatchObject(refusal);
  });

  it.each<[string, (url: string) => object]>([
    ['is of another issuer', (url) => ({ issuer: `${url}/`, jwks_uri: `${url}/jwks` })],
    ['names no keys', (url) => ({ issuer: url })],
    ['names keys that are not served safely', (url) => ({ issuer: url, jwks_uri: 'http://192.0.2.1/jwks' })],
    ['names keys with a query', (url) => ({ issuer: url, jwks_uri: `${url}/jwks?all` })],
    ['names a file', (url) => ({ issuer: url, jwks_uri: 'file:///etc/passwd' })],
  ])('believes no discovered document that %s', async (_what, document) => {
    issuer.discovery = document(issuer.url);
    await expect(tell({})).rejects.toMatchObject({ code: 'unavailable' });
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration']);
  });

  it('never asks where a credential says', async () => {
    const evil = await TestIssuer.start(makeKey('ES256', 'evil'));
    for (const header of [{ jku: evil.jwksUrl }, { x5u: evil.jwksUrl }, { kid: evil.jwksUrl }]) {
      await expect(tell({}, {}, evil.keys[0], header)).rejects.toMatchObject(refusal);
    }
    expect(evil.asked).toEqual([]);
    await evil.close();
  });

  it('says nothing of the credential when it refuses it', async () => {
    const error = await tell({ sub: '', secret: 'hunter2' }).catch((thrown: unknown) => thrown as Error);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/hunter2|eyJ/);
  });

  describe('with a file of keys', () => {
    let folder: string;
    beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'kkp-jwks-'))));
    afterAll(() => rmSync(folder, { recursive: true }));

    it('is read again a second after it could not be', async () => {
      const jwksFile = join(folder, 'later.json');
      const authenticator = made({ jwksFile });
      const ask = () => authenticator.authenticate(requestWith(signJwt(issuer.claims(clock.seconds), key)));
      await expect(ask()).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
      writeFileSync(jwksFile, JSON.stringify({ keys: [key.jwk] }));
      clock.advance(1);
      expect(await ask()).toBeDefined();
    });

    it('sees within seconds that it changed', async () => {
      const jwksFile = join(folder, 'jwks.json');
      const [old, fresh] = [makeKey('ES256', 'old'), makeKey('ES256', 'fresh')];
      const authenticator = made({ jwksFile });
      const ask = (signer: TestKey) =>
        authenticator.authenticate(requestWith(signJwt(issuer.claims(clock.seconds), signer)));
      writeFileSync(jwksFile, JSON.stringify({ keys: [old.jwk] }));
      expect(await ask(old)).toBeDefined();
      writeFileSync(jwksFile, JSON.stringify({ keys: [fresh.jwk] }));
      expect(await ask(old)).toBeDefined();
      clock.advance(5);
      await expect(ask(old)).rejects.toMatchObject(refusal);
      expect(await ask(fresh)).toBeDefined();
      writeFileSync(jwksFile, '{"keys":');
      clock.advance(3_599);
      expect(await ask(fresh)).toBeDefined();
      clock.advance(1);
      await expect(ask(fresh)).rejects.toMatchObject({ code: 'unavailable' });
      expect(issuer.asked).toEqual([]);
    });
  });
});

describe('the options of jwt', () => {
  const good = { issuer: 'https://idp.example', audience: 'kkp' };

  it.each<[string, object, RegExp]>([
    ['no audience', { audience: undefined }, /audience: must be/],
    ['an empty audience', { audience: '' }, /audience: must be/],
    ['a long audience', { audience: 'x'.repeat(513) }, /audience: must be/],
    ['a list of audiences', { audience: ['kkp'] }, /audience: must be/],
    ['no issuer', { issuer: undefined }, /issuer: must be/],
    ['an issuer over http', { issuer: 'http://idp.example' }, /issuer: must be an https URL/],
    ['an issuer that is no URL', { issuer: 'corp' }, /issuer: must be an https URL/],
    ['an issuer with a password', { issuer: 'https://u:p@idp.example' }, /issuer: must be an https URL/],
    ['an issuer with a password alone', { issuer: 'https://:p@idp.example' }, /issuer: must be an https URL/],
    ['an issuer with a query', { issuer: 'https://idp.example/?a' }, /issuer: must be an https URL/],
    ['an issuer with a fragment', { issuer: 'https://idp.example/#a' }, /issuer: must be an https URL/],
    ['an issuer with a space', { issuer: 'https://idp.example/ a' }, /issuer: must be an https URL/],
    ['keys over ftp', { jwksUrl: 'ftp://127.0.0.1/jwks' }, /jwksUrl: must be an https URL/],
    ['keys over http', { jwksUrl: 'http://10.0.0.1/jwks' }, /jwksUrl: must be an https URL/],
    ['keys over http to a name like loopback', { jwksUrl: 'http://127.0.0.1.evil.example/' }, /jwksUrl/],
    ['keys in two places', { jwksUrl: 'https://a/', jwksFile: '/a' }, /jwksFile: must not be there/],
    ['none', { algorithms: ['none'] }, /algorithms: must be a list of RS256/],
    ['a secret', { algorithms: ['RS256', 'HS256'] }, /algorithms: must be a list of RS256/],
    ['no algorithm', { algorithms: [] }, /algorithms: must be a list of RS256/],
    ['a skew beyond a minute', { clockSkewSeconds: 61 }, /clockSkewSeconds: .* 0 to 60/],
    ['a negative skew', { clockSkewSeconds: -1 }, /clockSkewSeconds/],
    ['keys that serve less long than they are fresh', { keysMaxStaleSeconds: 20 }, /keysMaxStaleSeconds/],
    ['a scope that KKP does not know', { scopes: { 'kkp:root': ['x'] } }, /scopes.kkp:root: is unknown/],
    ['a scope for a text', { scopes: { 'kkp:admin': 'ops' } }, /scopes.kkp:admin: must be a list/],
    ['scopes as a list', { scopes: ['kkp:admin'] }, /scopes: must be an object/],
    ['an unknown option', { hunter2: 'hunter2' }, /hunter2: is unknown; allowed are .*audience/],
  ])('are faulty with %s', (_what, options, fault) => {
    const make = () => jwt({ ...good, ...options });
    expect(make).toThrow(fault);
  });

  it.each<[string, number, number, object]>([
    ['clockSkewSeconds', 0, 60, {}],
    ['maxLifetimeSeconds', 60, 31 * 86_400, {}],
    ['keysMaxAgeSeconds', 10, 86_400, {}],
    ['keysMaxStaleSeconds', 10, 7 * 86_400, { keysMaxAgeSeconds: 10 }],
  ])('have bounds: %s', (option, least, most, more) => {
    const make = (value: unknown) => () => jwt({ ...good, ...more, [option]: value });
    for (const value of [least, most]) expect(make(value)).not.toThrow();
    for (const value of [least - 1, most + 1, least + 0.5, String(most)])
      expect(make(value)).toThrow(new RegExp(`${option}: must be`));
  });

  it('may name no path that ends within itself', () => {
    expect(() => jwt({ ...good, jwksFile: '/a\0b' })).toThrow(/jwksFile: must be the path of a file/);
  });

  it('may name loopback over http, and are told all at once without their values', () => {
    for (const host of ['127.0.0.1:8080', '127.8.9.1', '[::1]:1', 'localhost']) {
      expect(() => jwt({ ...good, jwksUrl: `http://${host}/jwks` })).not.toThrow();
    }
    const make = () => jwt({ issuer: 'hunter2', audience: '', clockSkewSeconds: 99 });
    expect(make).toThrow(/has 3 faults/);
    expect(make).not.toThrow(/hunter2/);
  });
});

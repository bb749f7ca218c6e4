import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubernetes, type KubernetesOptions } from '../../../src/callers/index.js';
import { makeKey, requestWith, signJwt, TestClock, TestIssuer } from '../../support/issuer.js';
import { selfSigned } from '../../support/self-signed.js';

const REFUSED = { code: 'unauthenticated' };

describe('kubernetes', () => {
  const key = makeKey('RS256', 'k1');
  const clock = new TestClock();
  let issuer: TestIssuer;
  let folder: string;
  beforeAll(async () => {
    issuer = await TestIssuer.start(key);
    folder = mkdtempSync(join(tmpdir(), 'kkp-kubernetes-'));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await issuer.close();
  });

  const SAID = {
    namespace: 'billing',
    serviceaccount: { name: 'invoices', uid: 'u1' },
    pod: { name: 'invoices-7', uid: 'u2' },
    node: { name: 'n1', uid: 'u3' },
  };
  const SUB = 'system:serviceaccount:billing:invoices';
  const tell = (claims: object = {}, options: Partial<KubernetesOptions> = {}, header: object = {}) =>
    kubernetes({ issuer: issuer.url, audience: 'kkp', ...options }, clock).authenticate(
      requestWith(
        signJwt(
          issuer.claims(clock.seconds, { sub: SUB, aud: ['kkp'], 'kubernetes.io': SAID, ...claims }),
          key,
          header,
        ),
      ),
    );

  it('tells the service account, its namespace and its pod', async () => {
    expect(await tell()).toEqual({
      kind: 'kubernetes',
      id: SUB,
      issuer: issuer.url,
      scopes: [],
      attributes: { namespace: 'billing', serviceaccount: 'invoices', pod: 'invoices-7' },
    });
  });

  it('gives scopes to the service accounts that are listed', async () => {
    const scopes = { 'kkp:issue': [SUB], 'kkp:admin': ['system:serviceaccount:billing:other'] };
    expect((await tell({}, { scopes }))?.scopes).toEqual(['kkp:issue']);
  });

  it('takes a token that is bound to no pod', async () => {
    expect((await tell({ 'kubernetes.io': { ...SAID, pod: undefined } }))?.attributes).toEqual({
      namespace: 'billing',
      serviceaccount: 'invoices',
    });
  });

  it.each([7, null, ['p'], undefined])('takes no pod whose name is %j', async (name) => {
    const caller = await tell({ 'kubernetes.io': { ...SAID, pod: { name } } });
    expect(caller?.attributes).not.toHaveProperty('pod');
  });

  it('takes a token that is for others too', async () => {
    expect(await tell({ aud: ['https://kubernetes.default.svc', 'kkp'] })).toMatchObject({ id: SUB });
  });

  it('takes names as long as Kubernetes has them, and no longer', async () => {
    const named = (namespace: string, name: string) =>
      tell({
        sub: `system:serviceaccount:${namespace}:${name}`,
        'kubernetes.io': { namespace, serviceaccount: { name } },
      });
    const [label, longer] = ['n'.repeat(63), 'n'.repeat(64)];
    expect(await named(label, `a.${label}.b-2`)).toMatchObject({ attributes: { namespace: label } });
    await expect(named(longer, 'a')).rejects.toMatchObject(REFUSED);
    for (const name of [longer, 'a..b', 'a.', '.a', 'a-', 'a.-b'])
      await expect(named('n', name)).rejects.toMatchObject(REFUSED);
  });

  it.each(['EdDSA', 'PS256', 'RS384'])('refuses %s, by which no cluster signs', async (alg) => {
    const other = makeKey(alg, 'other');
    issuer.keys = [key, other];
    const token = signJwt(
      issuer.claims(clock.seconds, { sub: SUB, aud: ['kkp'], 'kubernetes.io': SAID }),
      other,
    );
    const authenticator = kubernetes({ issuer: issuer.url, audience: 'kkp' }, clock);
    await expect(authenticator.authenticate(requestWith(token))).rejects.toMatchObject(REFUSED);
    issuer.keys = [key];
  });

  it('takes the namespaces that are listed, and no other', async () => {
    expect(await tell({}, { namespaces: ['a', 'billing'] })).toBeDefined();
    await expect(tell({}, { namespaces: ['bill', 'billing-2'] })).rejects.toMatchObject(REFUSED);
  });

  it('leaves the tokens of other clusters to others', async () => {
    expect(await tell({ iss: 'https://kubernetes.default.svc' })).toBeUndefined();
  });

  it.each<[string, object]>([
    ['is for the API server alone', { aud: ['https://kubernetes.default.svc'] }],
    ['never ends, as those of a Secret', { exp: undefined }],
    ['lives for a year', { exp: 1_800_000_000 + 365 * 86_400 }],
    ['does not say when it was made', { iat: undefined }],
    ['has expired', { iat: 1_799_990_000, exp: 1_799_999_970 }],
    ['is of a user', { sub: 'alice' }],
    ['is of a user, and says no account', { sub: 'alice', 'kubernetes.io': { namespace: '' } }],
    ['is of a node', { sub: 'system:node:n1' }],
    ['has no subject', { sub: undefined }],
    ['has a subject with more behind it', { sub: `${SUB}:x` }],
    ['has a subject with a line behind it', { sub: `${SUB}\n` }],
    ['has a subject without a name', { sub: 'system:serviceaccount:billing:' }],
    ['has a subject in capitals', { sub: 'system:serviceaccount:Billing:invoices' }],
    ['says another namespace', { 'kubernetes.io': { ...SAID, namespace: 'kube-system' } }],
    ['says another account', { 'kubernetes.io': { ...SAID, serviceaccount: { name: 'root' } } }],
    ['says nothing of either', { 'kubernetes.io': undefined }],
    ['says it in a list', { 'kubernetes.io': [SAID] }],
  ])('refuses a token that %s', async (_what, claims) => {
    await expect(tell(claims)).rejects.toMatchObject(REFUSED);
  });

  it.each([{ alg: 'none' }, { alg: 'EdDSA' }, { typ: 'at+jwt' }])('refuses the header %j', async (header) => {
    await expect(tell({}, {}, header)).rejects.toMatchObject(REFUSED);
  });

  it('shows the token of its file when it asks, as it is in the file by then', async () => {
    const [caFile, tokenFile] = [join(folder, 'ca.crt'), join(folder, 'token')];
    writeFileSync(caFile, selfSigned('cluster').cert);
    writeFileSync(tokenFile, 'first\n');
    issuer.headers.length = 0;
    const authenticator = kubernetes({ issuer: issuer.url, audience: 'kkp', caFile, tokenFile }, clock);
    const claims = () => issuer.claims(clock.seconds, { sub: SUB, 'kubernetes.io': SAID });
    await authenticator.authenticate(requestWith(signJwt(claims(), key)));
    writeFileSync(tokenFile, 'second\n');
    clock.advance(600);
    await authenticator.authenticate(requestWith(signJwt(claims(), key)));
    expect(issuer.headers.map(({ authorization }) => authorization)).toEqual([
      'Bearer first',
      'Bearer first',
      'Bearer second',
      'Bearer second',
    ]);
  });

  it.each<[string, object, RegExp]>([
    ['a token without an authority', { tokenFile: '/t' }, /tokenFile: needs caFile/],
    ['no namespace', { namespaces: [] }, /namespaces: must be/],
    ['a namespace that is none', { namespaces: ['Kube_System'] }, /namespaces: must be/],
    ['an issuer over http', { issuer: 'http://cluster.local' }, /issuer: must be an https URL/],
    ['algorithms', { algorithms: ['RS256'] }, /algorithms: is unknown/],
  ])('has faulty options with %s', (_what, options, fault) => {
    expect(() => kubernetes({ issuer: 'https://cluster.local', audience: 'kkp', ...options })).toThrow(fault);
  });
});

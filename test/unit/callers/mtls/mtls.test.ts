import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateThumbprint, mtls, type MtlsOptions } from '../../../../src/callers/index.js';
import {
  Authority,
  CLIENT_AUTH,
  SERVER_AUTH,
  type Issued,
  type Wanted,
} from '../../../support/certificates.js';

const SVID = 'spiffe://example.org/billing';
const uri = (value: string) => ({ type: 'url', value }) as const;
const dns = (value: string) => ({ type: 'dns', value }) as const;

const SPIFFE: MtlsOptions = { idFrom: 'spiffe', trustDomain: 'example.org' };
const PROXY = '10.1.2.3';
const FORWARDED = {
  forwardedHeader: 'X-Client-Cert',
  forwardedForm: 'pem',
  trustedProxies: ['10.1.0.0/16', 'fd00::/8'],
} as const;
const ENVOY = { ...FORWARDED, forwardedHeader: 'X-Forwarded-Client-Cert', forwardedForm: 'envoy' } as const;

let authority: Authority;
let other: Authority;
let good: Issued;
let folder: string;
beforeAll(async () => {
  [authority, other] = await Promise.all([Authority.create(), Authority.create('CN=Other CA')]);
  good = await authority.issue({ subject: 'CN=billing, O=Example', names: [uri(SVID)] });
  folder = mkdtempSync(join(tmpdir(), 'kkp-mtls-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Asked {
  readonly certificate?: Buffer;
  readonly headers?: readonly string[];
  readonly from?: string;
  readonly now?: number;
}

const ask = (
  options: MtlsOptions,
  { certificate, headers = [], from = '192.0.2.1', now = Date.now() }: Asked,
) =>
  mtls(options, { now: () => now }).authenticate({
    method: 'GET',
    url: '/',
    headers: {},
    rawHeaders: headers,
    remoteAddress: from,
    ...(certificate && { clientCertificate: certificate }),
  });
const idOf = async (options: MtlsOptions, wanted: Wanted): Promise<string | undefined> =>
  (await ask(options, { certificate: (await authority.issue(wanted)).der }))?.id;
const REFUSED = { code: 'unauthenticated' };

describe('a client certificate', () => {
  it('tells the caller, with its thumbprint', async () => {
    const caller = await ask(SPIFFE, { certificate: good.der });
    const thumbprint = createHash('sha256').update(good.der).digest('base64url');
    expect(caller).toMatchObject({ kind: 'mtls', id: SVID, issuer: 'spiffe://example.org', scopes: [] });
    expect(caller?.attributes).toEqual({
      'x5t#S256': thumbprint,
      serial_number: '0A',
      subject: 'CN=billing, O=Example',
      not_after: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
    expect(certificateThumbprint(good.der)).toBe(thumbprint);
  });

  it('is not needed', async () => {
    expect(await ask(SPIFFE, {})).toBeUndefined();
    expect(await ask({ ...SPIFFE, ...FORWARDED }, { from: PROXY })).toBeUndefined();
  });

  it('gives scopes by its id alone', async () => {
    const others = ['billing', 'CN=billing, O=Example', 'spiffe://example.org'];
    const scopes = { 'kkp:admin': [SVID], 'kkp:issue': others };
    expect(await ask({ ...SPIFFE, scopes }, { certificate: good.der })).toMatchObject({
      scopes: ['kkp:admin'],
    });
  });

  it.each<[string, MtlsOptions['idFrom'], Wanted, string]>([
    ['a common name', 'cn', { subject: 'CN=billing one, O=Example' }, 'billing one'],
    ['a DNS name', 'dns', { names: [uri(SVID), dns('billing.example.org')] }, 'billing.example.org'],
    ['a URI', 'uri', { names: [dns('a.example'), uri('urn:billing:1')] }, 'urn:billing:1'],
    ['a URI without a subject', 'uri', { names: [uri(SVID)] }, SVID],
  ])('may have its id in %s', async (_name, idFrom, wanted, id) => {
    expect(await idOf({ idFrom }, wanted)).toBe(id);
  });

  it('tells the whole of its subject in one line', async () => {
    const { der } = await authority.issue({ subject: 'CN=a, O=b, C=DE' });
    expect(await ask({ idFrom: 'cn' }, { certificate: der })).toMatchObject({
      attributes: { subject: 'CN=a, O=b, C=DE' },
    });
  });

  it('may have an id of 2,048 characters, and not one more', async () => {
    const longest = `urn:${'a'.repeat(2044)}`;
    expect(await idOf({ idFrom: 'uri' }, { names: [uri(longest)] })).toBe(longest);
    await expect(idOf({ idFrom: 'uri' }, { names: [uri(`${longest}a`)] })).rejects.toMatchObject(REFUSED);
  });

  it('tells who issued it, where that is not a trust domain', async () => {
    const { der } = await authority.issue({ subject: 'CN=a' });
    expect(await ask({ idFrom: 'cn' }, { certificate: der })).toMatchObject({ issuer: 'CN=Test CA' });
  });

  it.each<[string, MtlsOptions['idFrom'], Wanted]>([
    ['no common name', 'cn', { subject: 'O=Example', names: [dns('a.example')] }],
    ['two common names', 'cn', { subject: 'CN=billing, CN=admin' }],
    ['no DNS name', 'dns', { subject: 'CN=a.example', names: [uri(SVID)] }],
    ['two DNS names', 'dns', { names: [dns('a.example'), dns('b.example')] }],
    ['two URIs', 'uri', { names: [uri(SVID), uri('urn:a')] }],
    ['a space in its URI', 'uri', { names: [uri('urn:a b')] }],
    ['a control character in its URI', 'uri', { names: [uri('urn:a\u0001b')] }],
    ['a control character in its common name', 'cn', { subject: 'CN=a\u0001b' }],
    ['a URI with a comma', 'uri', { names: [uri('urn:a,b')] }],
    ['a URI that has another name in it', 'uri', { names: [uri('urn:a, URI:urn:b')] }],
    ['a DNS name that has another one in it', 'dns', { names: [dns('a.example, DNS:b.example')] }],
    ['a URI in its e-mail address', 'uri', { names: [{ type: 'email', value: 'URI:urn:a' }] }],
  ])('is refused with %s', async (_name, idFrom, wanted) => {
    await expect(idOf({ idFrom }, wanted)).rejects.toMatchObject(REFUSED);
  });

  it.each([
    'spiffe://example.com/billing',
    'spiffe://example.org',
    'spiffe://example.org/',
    'spiffe://example.org//billing',
    'spiffe://example.org/a/../b',
    'spiffe://example.org/./b',
    'spiffe://example.org/billing?x',
    'spiffe://example.org/bill%69ng',
    'spiffe://EXAMPLE.org/billing',
    'SPIFFE://example.org/billing',
    'spiffe://example.org:8443/billing',
    'spiffe://user@example.org/billing',
    'spiffe://example.org.evil/billing',
    'https://example.org/billing',
  ])('is refused with %s for a SPIFFE ID', async (id) => {
    await expect(idOf(SPIFFE, { names: [uri(id)] })).rejects.toMatchObject(REFUSED);
  });

  it('is refused with a second URI beside its SPIFFE ID', async () => {
    await expect(idOf(SPIFFE, { names: [uri(SVID), uri('urn:a')] })).rejects.toMatchObject(REFUSED);
  });

  it.each<[string, Wanted]>([
    ['an authority', { ca: true }],
    ['a server alone', { uses: [SERVER_AUTH] }],
  ])('is refused when it is that of %s', async (_name, wanted) => {
    await expect(idOf(SPIFFE, { names: [uri(SVID)], ...wanted })).rejects.toMatchObject(REFUSED);
  });

  it('may say that it is one of a client', async () => {
    expect(await idOf(SPIFFE, { names: [uri(SVID)], uses: [SERVER_AUTH, CLIENT_AUTH] })).toBe(SVID);
  });

  it('is good from its first second to its last, however old the connection', async () => {
    const [from, to] = [1_800_000_000_000, 1_800_000_060_000];
    const { der } = await authority.issue({ names: [uri(SVID)], from, to });
    for (const now of [from, to - 1])
      expect(await ask(SPIFFE, { certificate: der, now })).toMatchObject({ id: SVID });
    for (const now of [from - 1, to])
      await expect(ask(SPIFFE, { certificate: der, now })).rejects.toMatchObject(REFUSED);
  });

  it('must be of an authority of caFile, where there is one, and not of its namesake', async () => {
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, `${other.cert}\n${authority.cert}\n`);
    expect(await ask({ ...SPIFFE, caFile }, { certificate: good.der })).toMatchObject({ id: SVID });
    writeFileSync(caFile, other.cert);
    await expect(ask({ ...SPIFFE, caFile }, { certificate: good.der })).rejects.toMatchObject(REFUSED);
    writeFileSync(caFile, (await Authority.create()).cert);
    await expect(ask({ ...SPIFFE, caFile }, { certificate: good.der })).rejects.toMatchObject(REFUSED);
  });
});

describe('a forwarded certificate', () => {
  const escaped = (): string => encodeURIComponent(good.cert);
  const viaPem = (value: string, from = PROXY, more: Asked = {}) =>
    ask({ ...SPIFFE, ...FORWARDED }, { headers: ['x-client-CERT', value], from, ...more });
  const viaEnvoy = (value: string, from = PROXY) =>
    ask({ ...SPIFFE, ...ENVOY }, { headers: ['X-Forwarded-Client-Cert', value], from });
  const hash = (): string => createHash('sha256').update(good.der).digest('hex');

  it.each([PROXY, `::ffff:${PROXY}`, '::ffff:0a01:0203', 'fd00::1'])(
    'is believed from the proxy %s',
    async (from) => {
      expect(await viaPem(escaped(), from)).toMatchObject({ id: SVID });
    },
  );

  it.each([
    '10.2.0.1',
    '::ffff:10.2.0.1',
    '127.0.0.1',
    '::1',
    'fe80::1',
    '',
    'localhost',
    '10.1.2.3.4',
    '10.1.2.3, 10.1.2.3',
  ])('is refused from %j, with and without a certificate of its own', async (from) => {
    await expect(viaPem(escaped(), from)).rejects.toMatchObject(REFUSED);
    await expect(viaPem(escaped(), from, { certificate: good.der })).rejects.toMatchObject(REFUSED);
    await expect(viaPem('', from)).rejects.toMatchObject(REFUSED);
  });

  it('is not looked for in the value of another header', async () => {
    const headers = ['X-Comment', 'X-Client-Cert', 'X-Other', escaped()];
    expect(await ask({ ...SPIFFE, ...FORWARDED }, { headers })).toBeUndefined();
  });

  it('is believed from an address that is listed, and from no neighbour of it', async () => {
    const options = { ...SPIFFE, ...FORWARDED, trustedProxies: [PROXY, 'fd00::1'] };
    const from = (address: string) => ask(options, { headers: ['X-Client-Cert', escaped()], from: address });
    for (const address of [PROXY, 'fd00::1']) expect(await from(address)).toMatchObject({ id: SVID });
    for (const address of ['10.1.2.4', '10.1.2.2', 'fd00::2', 'fd00::'])
      await expect(from(address)).rejects.toMatchObject(REFUSED);
  });

  it('is not looked for where no header is configured', async () => {
    expect(await ask(SPIFFE, { headers: ['X-Client-Cert', escaped()], from: PROXY })).toBeUndefined();
  });

  it('is the client’s, while that of the connection is the proxy’s', async () => {
    const { der } = await authority.issue({ names: [uri('spiffe://example.org/proxy')] });
    expect(await viaPem(escaped(), PROXY, { certificate: der })).toMatchObject({ id: SVID });
    expect(await ask({ ...SPIFFE, ...FORWARDED }, { from: PROXY, certificate: der })).toBeUndefined();
    const direct = await ask({ ...SPIFFE, ...FORWARDED }, { certificate: der });
    expect(direct).toMatchObject({ id: 'spiffe://example.org/proxy' });
  });

  it('is refused when it is there twice', async () => {
    const headers = ['X-Client-Cert', escaped(), 'x-client-cert', escaped()];
    await expect(ask({ ...SPIFFE, ...FORWARDED }, { headers, from: PROXY })).rejects.toMatchObject(REFUSED);
  });

  it.each<[string, () => string]>([
    ['nothing', () => ''],
    ['text', () => 'hunter2'],
    ['its base64 alone', () => good.der.toString('base64')],
    ['two certificates', () => encodeURIComponent(`${good.cert}\n${good.cert}`)],
    ['a line before it', () => encodeURIComponent(`hunter2\n${good.cert}`)],
    ['a line after it', () => encodeURIComponent(`${good.cert}\nhunter2\n`)],
    ['something before it', () => `x${escaped()}`],
    ['something after it', () => `${escaped()}x`],
    ['two in one header', () => `${escaped()}, ${escaped()}`],
    ['an escape that is none', () => `${escaped()}%zz`],
    ['a private key', () => encodeURIComponent(good.key)],
    [
      'a certificate that is cut short',
      () => encodeURIComponent(good.cert.replace(/.{20}\n-----END/, '\n-----END')),
    ],
    ['Envoy’s form', () => `Cert="${escaped()}"`],
  ])('is refused: %s', async (_name, value) => {
    await expect(viaPem(value())).rejects.toMatchObject(REFUSED);
  });

  it('is checked like any other', async () => {
    const expired = await authority.issue({ names: [uri(SVID)], to: Date.now() - 1000 });
    await expect(viaPem(encodeURIComponent(expired.cert))).rejects.toMatchObject(REFUSED);
  });

  it.each<[string, () => string]>([
    ['Cert', () => `Cert="${escaped()}"`],
    ['a hash that agrees', () => `By=spiffe://example.org/envoy;Hash=${hash()};Cert="${escaped()}"`],
    [
      'a subject with quotes and separators',
      () => `Subject="CN=\\"a;Cert=b\\",O=c";URI=urn:a;URI=urn:b;Cert="${escaped()}";DNS=a`,
    ],
  ])('is taken from Envoy with %s', async (_name, value) => {
    expect(await viaEnvoy(value())).toMatchObject({ id: SVID });
  });

  it.each<[string, () => string]>([
    ['no Cert', () => `Hash=${hash()};URI=${SVID}`],
    ['an empty Cert', () => 'Cert=""'],
    ['a hash of another certificate', () => `Hash=${'0'.repeat(64)};Cert="${escaped()}"`],
    ['an empty hash', () => `Hash=;Cert="${escaped()}"`],
    ['two elements', () => `Cert="${escaped()}",Cert="${escaped()}"`],
    ['another element behind it', () => `Cert="${escaped()}",By=a`],
    ['Cert twice', () => `Cert="${escaped()}";cert="${escaped()}"`],
    ['Hash twice', () => `Hash=${hash()};hash=${hash()};Cert="${escaped()}"`],
    ['Cert within a subject', () => `Subject="Cert=${escaped()}"`],
    ['a quote that does not end', () => `Cert="${escaped()}`],
    ['an end that is open', () => `Cert="${escaped()}";`],
    ['something behind it', () => `Cert="${escaped()}";hunter2`],
    ['plain PEM', () => escaped()],
  ])('is refused from Envoy with %s', async (_name, value) => {
    await expect(viaEnvoy(value())).rejects.toMatchObject(REFUSED);
  });

  it('is refused from Envoy when somebody else sends it', async () => {
    await expect(viaEnvoy(`Cert="${escaped()}"`, '192.0.2.1')).rejects.toMatchObject(REFUSED);
  });
});

describe('the options of mtls', () => {
  const faults = (options: object): readonly string[] => {
    try {
      mtls(options as MtlsOptions);
      return [];
    } catch (error) {
      return (error as { faults: string[] }).faults;
    }
  };

  it.each([
    ['no idFrom', {}],
    ['another idFrom', { idFrom: 'email' }],
    ['SPIFFE without a trust domain', { idFrom: 'spiffe' }],
    ['a trust domain without SPIFFE', { idFrom: 'uri', trustDomain: 'example.org' }],
    ['a trust domain in capitals', { idFrom: 'spiffe', trustDomain: 'Example.org' }],
    ['a caFile that is not there', { idFrom: 'uri', caFile: '/nowhere' }],
    ['a caFile without certificates', { idFrom: 'uri', caFile: '/dev/null' }],
    ['a header without proxies', { idFrom: 'uri', forwardedHeader: 'X', forwardedForm: 'pem' }],
    ['a header without a form', { idFrom: 'uri', forwardedHeader: 'X', trustedProxies: ['10.0.0.1'] }],
    ['proxies without a header', { idFrom: 'uri', trustedProxies: ['10.0.0.1'] }],
    ['a header that is Authorization', { idFrom: 'uri', ...FORWARDED, forwardedHeader: 'authorization' }],
    ['a header that is none', { idFrom: 'uri', ...FORWARDED, forwardedHeader: 'a b' }],
    ['everybody for a proxy', { idFrom: 'uri', ...FORWARDED, trustedProxies: ['0.0.0.0/0'] }],
    ['everybody in IPv6', { idFrom: 'uri', ...FORWARDED, trustedProxies: ['10.0.0.1', '::/0'] }],
    ['a proxy by its name', { idFrom: 'uri', ...FORWARDED, trustedProxies: ['proxy.example'] }],
    ['a network that is too long', { idFrom: 'uri', ...FORWARDED, trustedProxies: ['10.0.0.0/33'] }],
    ['a network without a length', { idFrom: 'uri', ...FORWARDED, trustedProxies: ['10.0.0.0/'] }],
    ['an unknown option', { idFrom: 'uri', trusted_proxies: ['10.0.0.1'] }],
  ])('cannot have %s', (_name, options) => {
    expect(faults(options)).toContainEqual(expect.any(String));
  });

  it('cannot have a certificate that is no authority’s in caFile', () => {
    const caFile = join(folder, 'leaf.pem');
    writeFileSync(caFile, authority.cert + good.cert);
    expect(faults({ idFrom: 'uri', caFile })).toHaveLength(1);
  });
});

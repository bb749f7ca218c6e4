import { createHash } from 'node:crypto';
import { proofMaker, type ProofMaker } from '../../support/dpop.js';
import { NOW } from '../tokens/fixtures.js';
import { requestWith, startPossession, URL_HERE } from './fixtures.js';

const GOOD = { htm: 'POST', htu: URL_HERE, iat: NOW };
const REFUSED = { code: 'invalid_dpop_proof' };
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

let maker: ProofMaker;
beforeAll(async () => {
  maker = await proofMaker();
});

const show = (proofs: readonly string[], more: Parameters<typeof requestWith>[1] = {}) =>
  startPossession().possession.shownBy(requestWith(proofs, more));

describe('a proof made by jose', () => {
  it.each(['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'])('is accepted with %s', async (alg) => {
    const { prove, jkt } = await proofMaker(alg);
    expect(await show([await prove({ ...GOOD, ath: 'x' })])).toEqual({ proof: { jkt, ath: 'x' } });
  });

  it.each(['EdDSA', 'RS256', 'PS256'])('is refused with %s and a spoilt signature', async (alg) => {
    const proof = await (await proofMaker(alg)).prove(GOOD);
    const [header, payload, signature = ''] = proof.split('.');
    const spoilt = Buffer.from(signature, 'base64url').map((byte, at) => (at === 9 ? byte ^ 1 : byte));
    const text = `${header}.${payload}.${Buffer.from(spoilt).toString('base64url')}`;
    await expect(show([text])).rejects.toMatchObject(REFUSED);
  });

  it.each([
    ['at its oldest', NOW - 60],
    ['from a clock that is ahead', NOW + 5],
  ])('is accepted %s', async (_name, iat) => {
    expect(await show([await maker.prove({ ...GOOD, iat })])).toMatchObject({ proof: { jkt: maker.jkt } });
  });

  it.each([
    ['an older iat', { iat: NOW - 61 }],
    ['an iat too far ahead', { iat: NOW + 6 }],
    ['an iat that is no number', { iat: String(NOW) }],
    ['an iat that is no whole number', { iat: NOW + 0.5 }],
    ['no iat', { iat: undefined }],
    ['another method', { htm: 'GET' }],
    ['the method in lower case', { htm: 'post' }],
    ['no method', { htm: undefined }],
    ['another scheme', { htu: URL_HERE.replace('https', 'http') }],
    ['another host', { htu: URL_HERE.replace('kkp', 'evil') }],
    ['another port', { htu: URL_HERE.replace('.example', '.example:8443') }],
    ['another path', { htu: URL_HERE.replace('decrypt', 'rewrap') }],
    ['a longer path', { htu: `${URL_HERE}/` }],
    ['a path in other case', { htu: URL_HERE.replace('decrypt', 'Decrypt') }],
    ['a query', { htu: `${URL_HERE}?a=1` }],
    ['an empty query', { htu: `${URL_HERE}?` }],
    ['a fragment', { htu: `${URL_HERE}#a` }],
    ['an empty fragment', { htu: `${URL_HERE}#` }],
    ['a user in the URL', { htu: URL_HERE.replace('//', '//me@') }],
    ['backslashes', { htu: URL_HERE.replaceAll('/', '\\') }],
    ['white space before the URL', { htu: ` ${URL_HERE}` }],
    ['a path alone', { htu: '/envelope/decrypt' }],
    ['a URL that is no text', { htu: [URL_HERE] }],
    ['no URL', { htu: undefined }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a jti that is no text', { jti: 7 }],
    ['an endless jti', { jti: 'x'.repeat(257) }],
    ['an ath that is no text', { ath: 7 }],
  ])('is refused with %s', async (_name, claims) => {
    await expect(show([await maker.prove({ ...GOOD, ...claims })])).rejects.toMatchObject(REFUSED);
  });

  it.each([
    ['another typ', { typ: 'JWT' }],
    ['no typ', { typ: undefined }],
    ['typ in other case', { typ: 'DPoP+JWT' }],
    ['no jwk', { jwk: undefined }],
    ['a jwk that is a text', { jwk: 'x' }],
    ['a crit', { crit: ['b64'], b64: true }],
    ['b64', { b64: true }],
  ])('is refused with %s in its header', async (_name, header) => {
    await expect(show([await maker.prove(GOOD, header)])).rejects.toMatchObject(REFUSED);
  });

  it('is judged by the key in it alone, whatever else its header names', async () => {
    const header = {
      kid: 'other',
      jku: 'https://evil.example/jwks',
      x5u: 'https://evil.example/x',
      x5c: ['AA'],
    };
    expect(await show([await maker.prove(GOOD, header)])).toEqual({ proof: { jkt: maker.jkt } });
  });

  it('is refused when its header names another key than signed it', async () => {
    const { jwk } = await proofMaker();
    await expect(show([await maker.prove(GOOD, { jwk })])).rejects.toMatchObject(REFUSED);
  });

  it('is refused beside another one, and twice', async () => {
    const [one, two] = [await maker.prove(GOOD), await maker.prove(GOOD)];
    const refused = { ...REFUSED, detail: 'Send exactly one DPoP header.' };
    await expect(show([one, two])).rejects.toMatchObject(refused);
    await expect(show([one, one])).rejects.toMatchObject(refused);
  });
});

describe('what is no proof', () => {
  it.each([
    ['an empty header', () => ''],
    ['a word', () => 'proof'],
    ['two segments', (proof: string) => proof.slice(0, proof.lastIndexOf('.'))],
    ['four segments', (proof: string) => `${proof}.AA`],
    ['padding', (proof: string) => `${proof}==`],
    ['no signature', (proof: string) => proof.slice(0, proof.lastIndexOf('.') + 1)],
    ['a name twice', (proof: string) => respell(proof, (json) => json.replace('{', '{"typ":"dpop+jwt",'))],
    ['another payload', (proof: string) => respell(proof, (json) => json.replace('POST', 'PUT'), 1)],
    ['alg none', () => `${encode({ alg: 'none', typ: 'dpop+jwt', jwk: maker.jwk })}.${encode(GOOD)}.AA`],
    ['alg HS256', () => `${encode({ alg: 'HS256', typ: 'dpop+jwt', jwk: maker.jwk })}.${encode(GOOD)}.AA`],
    ['8 kB', (proof: string) => proof + 'A'.repeat(8192)],
    ['JSON', () => JSON.stringify({ payload: 'AA', signature: 'AA' })],
  ])('is refused: %s', async (_name, spoil) => {
    await expect(show([spoil(await maker.prove({ ...GOOD, jti: 'one' }))])).rejects.toMatchObject(REFUSED);
  });

  it('is refused with the longest good proof made longer by one character', async () => {
    const bare = await maker.prove({ ...GOOD, more: '' });
    const fill = (length: number) => maker.prove({ ...GOOD, more: 'x'.repeat(length) });
    const room = Math.floor(((4096 - bare.length) * 3) / 4);
    const longest = await fill(room);
    expect(longest.length).toBeLessThanOrEqual(4096);
    expect(await show([longest])).toHaveProperty('proof');
    await expect(show([await fill(room + 3)])).rejects.toMatchObject(REFUSED);
  });

  it('is missing with the scheme DPoP', async () => {
    const { possession } = startPossession();
    await expect(possession.shownBy(requestWith([]), 'dpop')).rejects.toMatchObject(REFUSED);
    expect(await possession.shownBy(requestWith([]), 'bearer')).toEqual({});
  });
});

describe('the URL of a proof', () => {
  it.each([
    ['in upper case and with the default port', 'HTTPS://KKP.Example:443/envelope/decrypt', {}],
    ['with dot segments', 'https://kkp.example/keys/../envelope/./decrypt', {}],
    ['with needless escapes', 'https://kkp.example/envelope/%64ecrypt', {}],
    ['for a target with needless escapes', URL_HERE, { url: '/envelope/%64ecrypt' }],
    ['for a target with a query', URL_HERE, { url: '/envelope/decrypt?x=/../y' }],
    ['for a target in absolute form', URL_HERE, { url: 'http://other.example/envelope/decrypt' }],
    ['with escapes in lower case', 'https://kkp.example/a%2fb', { url: '/a%2Fb' }],
    ['without TLS', URL_HERE.replace('https', 'http'), { secure: false }],
  ])('is that of the request %s', async (_name, htu, request) => {
    expect(await show([await maker.prove({ ...GOOD, htu })], request)).toHaveProperty('proof');
  });

  it.each([
    ['an escaped slash for a slash', 'https://kkp.example/envelope%2Fdecrypt', {}],
    ['a host in the path', URL_HERE, { url: '//kkp.example/envelope/decrypt' }],
    ['a target without a path', URL_HERE, { url: '*' }],
    ['no Host', URL_HERE, { headers: { host: undefined } }],
    ['no Host, and a proof without a URL either', 'nowhere', { headers: { host: undefined } }],
    ['a Host that is none', 'https://kkp.example/', { url: '/', host: 'kkp.example/?' }],
  ])('is not that of the request with %s', async (_name, htu, request) => {
    const proof = await maker.prove({ ...GOOD, htu });
    const { headers, host } = request as { headers?: object; host?: string };
    const shown = requestWith([proof], request);
    const altered = {
      ...shown,
      headers: { ...shown.headers, ...headers, ...(host && { host }), dpop: proof },
    };
    await expect(startPossession().possession.shownBy(altered)).rejects.toMatchObject(REFUSED);
  });

  it.each(['https://public.example/kms', 'https://public.example/kms/'])(
    'is below the public URL %s, whatever Host says',
    async (publicUrl) => {
      const { possession } = startPossession({ publicUrl });
      const public_ = await maker.prove({ ...GOOD, htu: 'https://public.example/kms/envelope/decrypt' });
      expect(await possession.shownBy(requestWith([public_], { secure: false }))).toHaveProperty('proof');
      const local = await maker.prove(GOOD);
      await expect(possession.shownBy(requestWith([local]))).rejects.toMatchObject(REFUSED);
    },
  );
});

describe('a used proof', () => {
  it('is accepted once of 1,000 times at the same time', async () => {
    const { possession } = startPossession();
    const request = requestWith([await maker.prove(GOOD)]);
    const all = await Promise.allSettled(Array.from({ length: 1000 }, () => possession.shownBy(request)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refusals = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refusals).toHaveLength(999);
    for (const refusal of refusals) expect(refusal).toMatchObject(REFUSED);
  });

  it('is refused as long as its iat would be accepted, at the latest too', async () => {
    const { possession, clock } = startPossession();
    const request = requestWith([await maker.prove({ ...GOOD, iat: NOW + 5 })]);
    await possession.shownBy(request);
    for (clock.seconds = NOW; clock.seconds <= NOW + 70; clock.seconds += 1) {
      await expect(possession.shownBy(request)).rejects.toMatchObject(REFUSED);
    }
  });

  it('is known by its key and jti: with another payload it is refused, of another key it is accepted', async () => {
    const { possession } = startPossession();
    const other = await proofMaker();
    const claims = { ...GOOD, jti: 'one' };
    await possession.shownBy(requestWith([await maker.prove(claims)]));
    const again = requestWith([await maker.prove({ ...claims, iat: NOW - 1, ath: 'x' })]);
    await expect(possession.shownBy(again)).rejects.toMatchObject(REFUSED);
    expect(await possession.shownBy(requestWith([await other.prove(claims)]))).toHaveProperty('proof');
  });

  it('takes no room when it is refused for another reason', async () => {
    const { possession } = startPossession({ capacity: 1 });
    const bad = requestWith([await maker.prove({ ...GOOD, htm: 'GET' })]);
    await expect(possession.shownBy(bad)).rejects.toMatchObject(REFUSED);
    expect(await possession.shownBy(requestWith([await maker.prove(GOOD)]))).toHaveProperty('proof');
  });

  it('leaves no room beyond the bound: a new one is refused with 429, and an old one still known', async () => {
    const { possession, clock } = startPossession({ capacity: 2 });
    const request = async () => requestWith([await maker.prove({ ...GOOD, iat: clock.seconds })]);
    const first = await request();
    await possession.shownBy(first);
    await possession.shownBy(await request());
    await expect(possession.shownBy(await request())).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 60,
    });
    await expect(possession.shownBy(first)).rejects.toMatchObject(REFUSED);
    clock.seconds += 61;
    expect(await possession.shownBy(await request())).toHaveProperty('proof');
  });

  it('is not accepted when the store cannot tell', async () => {
    const { clock } = startPossession();
    const { Possession } = await import('../../../src/possession/index.js');
    const broken = { use: () => Promise.reject(new Error('down')) };
    const possession = new Possession(undefined, broken, clock);
    await expect(possession.shownBy(requestWith([await maker.prove(GOOD)]))).rejects.toThrow('down');
  });
});

describe('a client certificate', () => {
  it('is shown as the SHA-256 of its DER', async () => {
    const clientCertificate = Buffer.from('certificate');
    const hash = createHash('sha256').update('certificate').digest('base64url');
    expect(await show([], { clientCertificate })).toEqual({ certificateThumbprint: hash });
  });
});

/** The proof with the JSON of one segment changed, and the old signature. */
function respell(proof: string, change: (json: string) => string, at = 0): string {
  const segments = proof.split('.');
  const json = Buffer.from(segments[at]!, 'base64url').toString();
  segments[at] = Buffer.from(change(json)).toString('base64url');
  return segments.join('.');
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKeySet } from '../../../src/callers/jwt/key-sources.js';
import { jwt, kubernetes, spiffe, type Authenticator } from '../../../src/callers/index.js';
import { Authority, SERVER_AUTH, type Issued } from '../../support/certificates.js';
import { makeKey, requestWith, signJwt } from '../../support/issuer.js';

const now = () => Math.floor(Date.now() / 1000);
const UNAVAILABLE = { code: 'unavailable' };
const LOOPBACK = [{ type: 'ip', value: '127.0.0.1' }] as const;
const key = makeKey('ES256', 'k1');

describe('a file of authorities', () => {
  it.each(['', '\n', 'no certificate'])('is none that holds no certificate: %j', async (text) => {
    const folder = mkdtempSync(join(tmpdir(), 'kkp-issuer-ca-'));
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, text);
    const { signal } = new AbortController();
    const loading = loadKeySet({ from: 'url', url: 'https://127.0.0.1:1/jwks' }, { caFile }, signal);
    await expect(loading).rejects.toThrow('The file of authorities holds no certificate.');
    rmSync(folder, { recursive: true });
  });
});

describe('an issuer behind TLS', () => {
  let folder: string;
  let authority: Authority;
  let other: Authority;
  const servers: Server[] = [];
  const authorizations: (string | undefined)[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-issuer-tls-'));
    [authority, other] = [await Authority.create(), await Authority.create('CN=Other CA')];
  });
  beforeEach(() => authorizations.splice(0));
  afterAll(async () => {
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  /** A server with this certificate, which answers as issuer and as bundle; its URL. */
  async function serve({ cert, key: privateKey }: Issued): Promise<string> {
    const server = createServer({ cert, key: privateKey }, (request, response) => {
      authorizations.push(request.headers.authorization);
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const jwks = { keys: [{ ...key.jwk, use: request.url === '/bundle' ? 'jwt-svid' : 'sig' }] };
      const discovery = { issuer: url, jwks_uri: `${url}/jwks` };
      response.end(JSON.stringify(request.url?.startsWith('/.well-known/') ? discovery : jwks));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const issued = (more: Parameters<Authority['issue']>[0] = {}) =>
    authority.issue({ names: LOOPBACK, uses: [SERVER_AUTH], ...more });

  type Kind = (url: string, caFile?: string) => [Authenticator, object];
  const KINDS: [string, Kind][] = [
    [
      'jwt',
      (url, caFile) => [jwt({ issuer: url, audience: 'kkp', ...(caFile && { caFile }) }), { sub: 'alice' }],
    ],
    [
      'kubernetes',
      (url, caFile) => [
        kubernetes({
          issuer: url,
          audience: 'kkp',
          ...(caFile && { caFile, tokenFile: file('token', 'secret') }),
        }),
        {
          sub: 'system:serviceaccount:prod:billing',
          'kubernetes.io': { namespace: 'prod', serviceaccount: { name: 'billing' } },
        },
      ],
    ],
    [
      'spiffe',
      (url, caFile) => [
        spiffe({
          trustDomain: 'prod',
          audience: 'kkp',
          bundleUrl: `${url}/bundle`,
          ...(caFile && { caFile }),
        }),
        { sub: 'spiffe://prod/billing' },
      ],
    ],
  ];

  const ask = (url: string, kind: Kind, caFile?: string) => {
    const [authenticator, claims] = kind(url, caFile);
    const all = { iss: url, aud: 'kkp', iat: now(), exp: now() + 300, ...claims };
    const header = { typ: 'JWT' };
    return authenticator.authenticate(requestWith(signJwt(all, key, header)));
  };

  describe.each(KINDS)('of kind %s', (name, kind) => {
    it('is believed when an authority of caFile vouches for it', async () => {
      const url = await serve(await issued());
      const caFile = file('ca.pem', `${other.cert}\n${authority.cert}`);
      expect(await ask(url, kind, caFile)).toMatchObject({ kind: name });
      expect(authorizations).toContain(name === 'kubernetes' ? 'Bearer secret' : undefined);
    });

    it('is not believed, and is shown no token, when none does', async () => {
      const url = await serve(await issued());
      await expect(ask(url, kind, file('other.pem', other.cert))).rejects.toMatchObject(UNAVAILABLE);
      await expect(ask(url, kind)).rejects.toMatchObject(UNAVAILABLE);
      expect(authorizations).toEqual([]);
    });

    it.each<[string, Parameters<Authority['issue']>[0]]>([
      ['another host', { names: [{ type: 'dns', value: 'issuer.example' }] }],
      ['another address', { names: [{ type: 'ip', value: '127.0.0.2' }] }],
      ['its common name alone', { subject: 'CN=127.0.0.1', names: [] }],
      ['a time that is over', { to: Date.now() - 3600_000 }],
    ])('is not believed with a certificate for %s', async (_what, wanted) => {
      const url = await serve(await issued(wanted));
      await expect(ask(url, kind, file('ca.pem', authority.cert))).rejects.toMatchObject(UNAVAILABLE);
      expect(authorizations).toEqual([]);
    });

    it('is not believed when the file of authorities is gone or empty', async () => {
      const url = await serve(await issued());
      await expect(ask(url, kind, join(folder, 'gone.pem'))).rejects.toMatchObject(UNAVAILABLE);
      await expect(ask(url, kind, file('empty.pem', ''))).rejects.toMatchObject(UNAVAILABLE);
      expect(authorizations).toEqual([]);
    });
  });
});

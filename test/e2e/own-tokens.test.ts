import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jwt } from '../../src/index.js';
import { Kkp } from '../../src/kkp.js';
import { makeKey, signJwt, TestIssuer } from '../support/issuer.js';
import { get, GRANT, startServer, type TestServer } from '../support/server.js';

const ISSUER = 'https://kkp.example';
const ADMIN = { kind: 'test', id: 'ops', scopes: ['kkp:admin', 'kkp:issue'], attributes: {} };
const now = () => Math.floor(Date.now() / 1000);

const mint = async ({ url }: TestServer, bearer: string): Promise<number> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${bearer}` };
  return (await fetch(`${url}/token`, { method: 'POST', headers, body: JSON.stringify(GRANT) })).status;
};

describe('a credential of a caller that looks like a KKP token', () => {
  const key = makeKey('EdDSA', 'theirs');
  let issuer: TestIssuer;
  let server: TestServer;
  beforeAll(async () => {
    issuer = await TestIssuer.start(key);
    server = await startServer({ overrides: { callers: [jwt({ issuer: issuer.url, audience: 'kkp' })] } });
  });
  afterAll(async () => {
    await server.close();
    await issuer.close();
  });

  it.each<[string, object]>([
    ['names a backend and a key', {}],
    ['has all claims of one', { policy_claims: {}, jti: '0b6d2a52-66a5-4d0c-9d56-3e3a3f0c5c8b' }],
  ])('is judged as what it is when it %s', async (_what, more) => {
    const claims = { sub: GRANT.subject, backend: 'aws', key_id: 'k', ...more };
    expect(await mint(server, signJwt(issuer.claims(now(), claims), key, { typ: 'JWT' }))).toBe(200);
  });

  it('is refused when it names a key of KKP', async () => {
    const { body } = await get(server, '/keys/jwks');
    const [{ kid }] = (body as { keys: [{ kid: string }] }).keys;
    const forger = { ...key, kid };
    issuer.keys = [key, { ...forger, jwk: { ...key.jwk, kid } }];
    expect(await mint(server, signJwt(issuer.claims(now(), { sub: GRANT.subject }), forger))).toBe(401);
  });
});

describe('a KKP token where KKP’s own keys are those of callers too', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'kkp-own-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is never a credential, nor when its signing key was revoked', async () => {
    const jwksFile = join(folder, 'jwks.json');
    const server = await startServer({
      settings: { tokenIssuer: ISSUER },
      overrides: { callers: [jwt({ issuer: ISSUER, audience: 'kkp', jwksFile, algorithms: ['EdDSA'] })] },
    });
    writeFileSync(jwksFile, JSON.stringify((await get(server, '/keys/jwks')).body));
    const kkp = server.app.get(Kkp, { strict: false });
    const { token, kid } = await kkp.issueToken({ ...GRANT, audience: 'kkp' }, { caller: ADMIN });
    expect(await mint(server, token)).toBe(401);
    await kkp.revokeTokens({ kid }, { caller: ADMIN });
    expect(await mint(server, token)).toBe(401);
    await server.close();
  });
});

import { FastifyAdapter } from '@nestjs/platform-fastify';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KkpModule, mtls } from 'keyless-kms-proxy';
import memory from 'kkp-plugin-memory';
import { Authority, type Issued } from '../support/certificates.js';
import { ask } from '../support/https.js';
import { GRANT } from '../support/server.js';
import { schedule, startHost } from './host.js';

const POLICY = 'package kkp.authz\n\nallow if input.caller.id == "billing"\n';

describe('a host with HTTPS of its own', () => {
  let folder: string;
  let host: Awaited<ReturnType<typeof startHost>>;
  let authority: Authority;
  let good: Issued;
  let strange: Issued;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-host-tls-'));
    writeFileSync(join(folder, 'policy.rego'), POLICY);
    authority = await Authority.create();
    good = await authority.issue({ subject: 'CN=billing' });
    strange = await (await Authority.create()).issue({ subject: 'CN=billing' });
    const { cert, key } = await authority.issue({ names: [{ type: 'ip', value: '127.0.0.1' }] });
    const https = { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: false };
    const kkp = KkpModule.forRoot({
      backends: [memory({ name: 'aws', emulates: 'aws' })],
      policy: { path: join(folder, 'policy.rego') },
      callers: [mtls({ idFrom: 'cn' })],
    });
    host = await startHost(() => new FastifyAdapter({ https }), [schedule(), kkp]);
  });
  afterAll(async () => {
    await host.app.close();
    rmSync(folder, { recursive: true });
  });

  const token = (certificate: object): Promise<number | string> => {
    const url = host.url.replace(/^http:/, 'https:');
    const options = { method: 'POST', ca: authority.cert, headers: { 'content-type': 'application/json' } };
    return ask(`${url}/token`, { ...options, ...certificate }, JSON.stringify(GRANT));
  };

  it('gives KKP the certificate of a caller', async () => {
    expect(await token(good)).toBe(200);
  });

  it('gives KKP no certificate that its handshake did not prove, though the host let it pass', async () => {
    expect(await token(strange)).toBe(401);
  });

  it('may have callers without one', async () => {
    expect(await token({})).toBe(401);
  });
});

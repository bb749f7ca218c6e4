import { createHash } from 'node:crypto';
import { request } from 'node:https';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import memory from 'kkp-plugin-memory';
import { KkpModule, mtls } from '../../src/index.js';
import { Authority, type Issued } from '../support/certificates.js';
import { DETAILS, encodeForm, EXCHANGE, JWT, type Form } from '../support/form.js';
import { schedule, startHost } from './host.js';

interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

describe('OAuth clients with a certificate (RFC 8705)', () => {
  let host: Awaited<ReturnType<typeof startHost>>;
  let authority: Authority;
  let billing: Issued;
  let gateway: Issued;

  beforeAll(async () => {
    authority = await Authority.create();
    [billing, gateway] = (await Promise.all(
      ['CN=billing', 'CN=gateway'].map((subject) => authority.issue({ subject })),
    )) as [Issued, Issued];
    const { cert, key } = await authority.issue({ names: [{ type: 'ip', value: '127.0.0.1' }] });
    const https = { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: false };
    const kkp = KkpModule.forRoot({
      backends: [memory({ name: 'aws', emulates: 'aws' })],
      callers: [mtls({ idFrom: 'cn' })],
      publicUrl: 'https://kms.example',
      log: () => undefined,
    });
    host = await startHost(() => new FastifyAdapter({ https }), [schedule(), kkp]);
  });
  afterAll(() => host.app.close());

  const call = (
    method: string,
    path: string,
    form: Form,
    { cert, key }: Partial<Issued> = {},
  ): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const url = host.url.replace(/^http:/, 'https:') + path;
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const sent = request(
        url,
        { method, ca: authority.cert, cert, key, agent: false, headers },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
            resolve({ status: answer.statusCode ?? 0, body });
          });
        },
      );
      sent.on('error', reject).end(method === 'GET' ? undefined : encodeForm(form));
    });

  const grant = (by?: Issued, more: Form = {}) =>
    call(
      'POST',
      '/oauth/token',
      { grant_type: 'client_credentials', audience: 'reports', authorization_details: DETAILS, ...more },
      by,
    );
  const exchange = (token: unknown, by?: Issued) =>
    call(
      'POST',
      '/oauth/token',
      { grant_type: EXCHANGE, subject_token: token as string, subject_token_type: JWT },
      by,
    );
  const claimsOf = ({ body }: Answered) =>
    JSON.parse(Buffer.from(String(body.access_token).split('.')[1]!, 'base64url').toString()) as object;
  const thumbprint = ({ der }: Issued) => createHash('sha256').update(der).digest('base64url');

  it('have tokens that are bound to it, and say so by no other type than Bearer', async () => {
    const answer = await grant(billing, { client_id: 'billing' });
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect(claimsOf(answer)).toMatchObject({ sub: 'billing', cnf: { 'x5t#S256': thumbprint(billing) } });
  });

  it('exchange them over their own connections alone, and keep the binding', async () => {
    const { access_token: token } = (await grant(billing)).body;
    const answer = await exchange(token, billing);
    expect(claimsOf(answer)).toMatchObject({ cnf: { 'x5t#S256': thumbprint(billing) } });
    expect(await exchange(token, gateway)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await exchange(token)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('are who the certificate says, or nobody', async () => {
    expect(await grant(billing, { client_id: 'gateway' })).toMatchObject({ status: 401 });
    expect(await grant()).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('learn from the metadata that they may', async () => {
    const { body } = await call('GET', '/.well-known/oauth-authorization-server', {});
    expect(body).toMatchObject({
      token_endpoint_auth_methods_supported: ['tls_client_auth'],
      tls_client_certificate_bound_access_tokens: true,
    });
  });
});

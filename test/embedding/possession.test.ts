import { createHash, X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import memory from 'kkp-plugin-memory';
import { KkpModule } from '../../src/index.js';
import { selfSigned } from '../support/self-signed.js';
import { athOf, proofMaker } from '../support/dpop.js';
import { GRANT } from '../support/server.js';
import { PLATFORMS, schedule, startHost } from './host.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };

const kkp = () =>
  KkpModule.forRoot({
    backends: [memory({ name: 'aws', emulates: 'aws' })],
    log: () => undefined,
    path: 'security/kkp',
  });

type Post = (path: string, body: object, headers?: Record<string, string>) => Promise<Answered>;
interface Answered {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: Record<string, unknown>;
}

/** A bound token, and an envelope that it opens. */
async function prepare(post: Post, cnf: object) {
  const { token } = (await post('/token', { ...GRANT, cnf })).body as { token: string };
  const { envelope } = (await post('/envelope/encrypt', { ...KEY, plaintext: 'hello' })).body;
  return { token, envelope };
}

describe.each(PLATFORMS)('a token of a DPoP key in a foreign application on %s', (_name, platform) => {
  it('opens with its proof under the host’s path, once', async () => {
    const { app, url } = await startHost(platform, [schedule(), kkp()]);
    const post: Post = async (path, body, headers = {}) => {
      const answer = await fetch(`${url}/security/kkp${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const json = (await answer.json()) as Record<string, unknown>;
      return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body: json };
    };
    const client = await proofMaker();
    const { token, envelope } = await prepare(post, { jkt: client.jkt });
    const prove = (path: string) =>
      client.prove({ htm: 'POST', htu: `${url}${path}/envelope/decrypt`, ath: athOf(token) });
    const dpop = await prove('/security/kkp');

    expect(await post('/envelope/decrypt', { token, envelope })).toMatchObject({ status: 401 });
    expect(await post('/envelope/decrypt', { token, envelope }, { dpop })).toMatchObject({
      status: 200,
      body: { plaintext: 'hello' },
    });
    const elsewhere = await prove('');
    for (const headers of [{ dpop }, { dpop: elsewhere }, { dpop: 'proof' }]) {
      expect(await post('/envelope/decrypt', { token, envelope }, headers)).toMatchObject({
        status: 401,
        challenge: expect.stringContaining('DPoP error="invalid_dpop_proof"'),
      });
    }
    const schemes = { authorization: `DPoP ${token}`, dpop: await prove('/security/kkp') };
    expect(await post('/envelope/decrypt', { envelope }, schemes)).toMatchObject({ status: 200 });
    await app.close();
  });
});

describe('a token of a client certificate', () => {
  it('opens over a connection of that client, and over no other', async () => {
    const [own, client, other] = ['server', 'client', 'other'].map(selfSigned);
    const https = { ...own!, ca: [client!.cert, other!.cert], requestCert: true, rejectUnauthorized: false };
    const tls = () => new FastifyAdapter({ https });
    const { app, url } = await startHost(tls, [schedule(), kkp()]);
    const as =
      (certificate: object): Post =>
      (path, body, headers = {}) =>
        postOver(new Agent({ ...certificate, ca: own!.cert }), `${url}/security/kkp${path}`, body, headers);
    const { token, envelope } = await prepare(as({}), { 'x5t#S256': thumbprintOf(client!.cert) });

    const good = { status: 200, body: { plaintext: 'hello' } };
    const header = { authorization: `Bearer ${token}` };
    expect(await as(client!)('/envelope/decrypt', { token, envelope })).toMatchObject(good);
    expect(await as(client!)('/envelope/decrypt', { envelope }, header)).toMatchObject(good);
    const stranger = selfSigned('client');
    for (const certificate of [{}, other!, stranger]) {
      expect(await as(certificate)('/envelope/decrypt', { token, envelope })).toMatchObject({
        status: 401,
        challenge: 'Bearer error="invalid_token"',
      });
    }
    const unknown = await prepare(as({}), { 'x5t#S256': thumbprintOf(stranger.cert) });
    expect(await as(stranger)('/envelope/decrypt', unknown)).toMatchObject({ status: 401 });
    await app.close();
  });
});

const thumbprintOf = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');

const postOver = (
  agent: Agent,
  url: string,
  body: object,
  headers: Record<string, string>,
): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const type = { 'content-type': 'application/json' };
    const call = request(url, { method: 'POST', agent, headers: { ...type, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const json = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
        const challenge = answer.headers['www-authenticate'] ?? null;
        resolve({ status: answer.statusCode ?? 0, challenge, body: json });
      });
    });
    call.on('error', reject).end(JSON.stringify(body));
  });

import { once } from 'node:events';
import { createServer as createPlain, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { KkpClient } from 'kkp-sdk';
import { httpsFetch } from '../../../src/cli/remote/https-fetch.js';
import { Authority, type Issued } from '../../support/certificates.js';

interface Seen {
  readonly method: string | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  /** Fingerprint of the client's certificate; undefined for none. */
  readonly shown: string | undefined;
}

const ROTATED = JSON.stringify({ kid: 'k2', expires_at: 1_700_001_800 });
const JSON_TYPE = { 'content-type': 'application/json' };

let [authority, other]: Authority[] = [];
let mine: Issued;
let server: Server;
let url: string;
let answer: RequestListener;
let connections = 0;
const seen: Seen[] = [];

beforeAll(async () => {
  [authority, other] = await Promise.all([Authority.create(), Authority.create()]);
  mine = await authority.issue({ subject: 'CN=me' });
  const own = await authority.issue({ names: [{ type: 'ip', value: '127.0.0.1' }] });
  const tls = { ...own, ca: authority.cert, requestCert: true, rejectUnauthorized: false };
  server = createServer(tls, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { fingerprint256: shown } = (request.socket as TLSSocket).getPeerCertificate();
      seen.push({ method: request.method, headers: request.headers, body, shown });
      answer(request, response);
    });
  });
  server.on('secureConnection', () => (connections += 1));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen.splice(0);
  connections = 0;
  answer = (_request, response) => response.writeHead(200, JSON_TYPE).end(ROTATED);
});

const trusting = () => ({ ca: authority!.cert });
const clientWith = (
  certificates: object = { ...trusting(), cert: mine.cert, key: mine.key },
  timeoutMs = 5000,
) => new KkpClient({ baseUrl: url, fetch: httpsFetch(certificates), timeoutMs, credentials: 'bearer' });
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no failure',
    (error: unknown) => {
      const { code, cause } = error as { code: string; cause?: { code?: string } };
      return [code, cause?.code];
    },
  );

describe('the fetch of kkp', () => {
  it('shows the certificate, sends the request as it is, and gives the answer', async () => {
    expect(await clientWith().rotate()).toEqual({ kid: 'k2', expires_at: 1_700_001_800 });
    expect(seen).toMatchObject([
      { method: 'POST', body: '{}', shown: expect.stringMatching(/^[\dA-F:]{95}$/) },
    ]);
    expect(seen[0]!.headers).toMatchObject({
      authorization: 'Bearer bearer',
      'content-type': 'application/json',
      'content-length': '2',
    });
  });

  it('shows none where it has none', async () => {
    await clientWith(trusting()).rotate();
    expect(seen[0]!.shown).toBeUndefined();
  });

  it('sends nothing with GET', async () => {
    answer = (_request, response) => response.writeHead(200, JSON_TYPE).end('{"keys":[]}');
    expect(await clientWith().fetchJwks()).toEqual({ keys: [] });
    expect(seen).toMatchObject([{ method: 'GET', body: '' }]);
  });

  it('leaves no connection open', async () => {
    await clientWith().rotate();
    await clientWith().rotate();
    expect(connections).toBe(2);
    expect(seen[0]!.headers.connection).toBe('close');
  });

  it('gives every header, and an answer of many parts, whole', async () => {
    answer = (_request, response) => {
      response.writeHead(429, { ...JSON_TYPE, 'retry-after': '7', 'set-cookie': ['a=1', 'b=2'] });
      for (const part of ['{"error":"rate_', 'limited",', '"message":"Later."}']) response.write(part);
      response.end();
    };
    await expect(clientWith().rotate()).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 7 });
    const { headers } = await httpsFetch(trusting())(url, {});
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });
});

describe('the fetch of kkp fails', () => {
  it.each<[string, () => object, string]>([
    ['at a server of another authority', () => ({ ca: other!.cert }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['at a server of no public authority', () => ({}), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('%s', async (_name, certificates, code) => {
    expect(await failureOf(clientWith(certificates()).rotate())).toEqual([
      'connection_failed',
      expect.stringMatching(new RegExp(`^(${code}|CERT_SIGNATURE_FAILURE|SELF_SIGNED_CERT_IN_CHAIN)$`)),
    ]);
    expect(seen).toEqual([]);
  });

  it('at a server of another name', async () => {
    const named = new KkpClient({
      baseUrl: url.replace('127.0.0.1', 'localhost'),
      fetch: httpsFetch(trusting()),
    });
    expect(await failureOf(named.rotate())).toEqual(['connection_failed', 'ERR_TLS_CERT_ALTNAME_INVALID']);
  });

  it.each<[string, RequestListener, string]>([
    ['that hangs up', (request) => request.socket.destroy(), 'connection_failed'],
    [
      'that hangs up in the middle',
      (request, response) => {
        response.writeHead(200, { ...JSON_TYPE, 'content-length': '100' });
        response.write(ROTATED, () => request.socket.destroy());
      },
      'connection_failed',
    ],
    [
      'that redirects',
      (_, response) => response.writeHead(307, { location: `${url}/other` }).end(),
      'bad_response',
    ],
    ['without a body', (_, response) => response.writeHead(204).end(), 'bad_response'],
    [
      'with a status that is none',
      (request) => request.socket.end('HTTP/1.1 777 X\r\n\r\n'),
      'connection_failed',
    ],
    ['that speaks another protocol', (request) => request.socket.end('SSH-2.0-x\r\n'), 'connection_failed'],
    [
      'that changes the protocol',
      (request) => request.socket.write('HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      'connection_failed',
    ],
    [
      'that says too much',
      (_, response) => response.writeHead(200, JSON_TYPE).end(Buffer.alloc(17 * 1024 * 1024)),
      'bad_response',
    ],
  ])('at an answer %s', async (_name, listener, code) => {
    answer = listener;
    const [failure] = await failureOf(clientWith().rotate());
    expect(failure).toBe(code);
    expect(seen).toHaveLength(1);
  });

  it.each<[string, RequestListener]>([
    ['that does not come', () => undefined],
    [
      'that does not end',
      (_request, response) => {
        response.writeHead(200, JSON_TYPE);
        response.write('{"kid"');
      },
    ],
  ])('in time, at an answer %s', async (_name, listener) => {
    answer = listener;
    expect((await failureOf(clientWith(undefined, 300).rotate()))[0]).toBe('timeout');
    const stop = new AbortController();
    const call = clientWith().rotate({ signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    expect((await failureOf(call))[0]).toBe('aborted');
  });

  it('at a server that speaks no TLS', async () => {
    const plain = createPlain();
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    const { port } = plain.address() as AddressInfo;
    const client = new KkpClient({ baseUrl: `https://127.0.0.1:${port}`, fetch: httpsFetch(trusting()) });
    expect((await failureOf(client.rotate()))[0]).toBe('connection_failed');
    plain.close();
  });
});

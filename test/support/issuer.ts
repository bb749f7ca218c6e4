import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CallerRequest } from '../../src/callers/index.js';

export interface TestKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly jwk: Record<string, unknown>;
}

const PAIRS: Record<string, () => { privateKey: KeyObject; publicKey: KeyObject }> = {
  RS: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  Ed: () => generateKeyPairSync('ed25519'),
};

export function makeKey(alg: string, kid: string, members: object = { use: 'sig' }): TestKey {
  const { privateKey, publicKey } = (PAIRS[alg] ?? PAIRS[alg.slice(0, 2)])!();
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, ...members } };
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A compact JWS of any two segments, signed as `alg` says (RFC 7518 section 3). */
export function signSegments(header: string, claims: string, { alg, privateKey }: TestKey): string {
  const input = Buffer.from(`${header}.${claims}`);
  const hash = alg.startsWith('Ed') ? null : `sha${alg.slice(2)}`;
  const signature = sign(hash, input, {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
    ...(alg.startsWith('PS') && { padding: 6, saltLength: -1 }),
  });
  return `${header}.${claims}.${signature.toString('base64url')}`;
}

export const signJwt = (claims: unknown, key: TestKey, header: object = {}): string =>
  signSegments(encode({ alg: key.alg, kid: key.kid, ...header }), encode(claims), key);

/** A request with nothing but a credential. */
export const requestWith = (token?: string, scheme = 'Bearer'): CallerRequest => ({
  method: 'POST',
  url: '/token',
  headers: token === undefined ? {} : { authorization: `${scheme} ${token}` },
  rawHeaders: token === undefined ? [] : ['Authorization', `${scheme} ${token}`],
  remoteAddress: '127.0.0.1',
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json =
  (body: unknown): Answer =>
  (_request, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));

/** An issuer's web server on loopback, with whatever keys and faults a test gives it. */
export class TestIssuer {
  /** Paths asked for, in their order. */
  readonly asked: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  keys: TestKey[];
  /** Members of the JWK set beside `keys`. */
  extra: object = {};
  /** Set: answers every request instead. */
  fault: Answer | undefined;
  discovery: object | undefined;

  private constructor(
    private readonly server: Server,
    keys: TestKey[],
  ) {
    this.keys = keys;
  }

  static async start(...keys: TestKey[]): Promise<TestIssuer> {
    const server = createServer();
    const issuer = new TestIssuer(server, keys);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      issuer.answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get jwksUrl(): string {
    return `${this.url}/jwks`;
  }

  /** Claims that are good for the audience "kkp" at `now`, Unix seconds. */
  claims(now: number, more: object = {}): Record<string, unknown> {
    return { iss: this.url, aud: 'kkp', sub: 'alice', iat: now, nbf: now, exp: now + 300, ...more };
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(request.url ?? '');
    this.headers.push(request.headers);
    if (this.fault) this.fault(request, response);
    else if (request.url === '/.well-known/openid-configuration') {
      json(this.discovery ?? { issuer: this.url, jwks_uri: this.jwksUrl })(request, response);
    } else json({ keys: this.keys.map(({ jwk }) => jwk), ...this.extra })(request, response);
  }
}

/** What may go wrong with a web server. */
export const FAULTS: Record<string, Answer> = {
  'answers with 500': (_request, response) => response.writeHead(500).end('{"keys":[]}'),
  'answers with garbage': (_request, response) => response.end('<html>hunter2</html>'),
  'answers with a list': (_request, response) => response.end('[]'),
  'answers without keys': (_request, response) => response.end('{}'),
  'names a member twice': (_request, response) => response.end('{"keys":[],"keys":[]}'),
  redirects: (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end('{"keys":[]}'),
  'answers with a megabyte': (_request, response) =>
    response.end(JSON.stringify({ keys: [], more: 'x'.repeat(1024 * 1024) })),
  'closes the connection': (request) => request.socket.destroy(),
  'stops half-way': (request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"keys":');
    setImmediate(() => request.socket.destroy());
  },
};

export class TestClock {
  constructor(public ms = 1_800_000_000_000) {}

  now(): number {
    return this.ms;
  }

  get seconds(): number {
    return Math.floor(this.ms / 1000);
  }

  advance(seconds: number): void {
    this.ms += seconds * 1000;
  }
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CryptoKey, type ProtectionLevel } from './crypto-keys.js';
import { Faults, type Reply } from './faults.js';
import { badRequest, GoogleError, notFound, permissionDenied, unauthenticated } from './google-error.js';
import { decrypt, encrypt, getCryptoKey } from './operations.js';

export interface Seen {
  readonly method: string;
  /** With query. */
  readonly url: string;
  /** The caller's: one a connection. */
  readonly port: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

export const RING = 'projects/kkp-test/locations/global/keyRings/main';
export const TOKEN = 'fake-access-token';

const PERMISSIONS: Readonly<Record<string, string>> = {
  encrypt: 'cloudkms.cryptoKeyVersions.useToEncrypt',
  decrypt: 'cloudkms.cryptoKeyVersions.useToDecrypt',
  get: 'cloudkms.cryptoKeys.get',
};
const PATH = /^\/v1\/(projects\/.+?\/cryptoKeys\/[^/:]+)(?:\/cryptoKeyVersions\/(\d+))?(?::(\w+))?$/;

/** Cloud KMS at the level of the wire, on loopback: REST v1 as in its discovery document. */
export class FakeKms {
  readonly faults = new Faults();
  readonly seen: Seen[] = [];
  /** Decides on the bearer token of each request. */
  takes: (token: string) => boolean = (token) => token === TOKEN;
  /** `project`: KKP's role is on the project; `key`: on single keys, so that an absent key is denied, not missing. */
  grantedOn: 'project' | 'key' = 'project';
  /** Operations that KKP may not do: `encrypt`, `decrypt`, `get`. */
  readonly denied = new Set<string>();
  /** Whether what is ordered takes effect at once. */
  propagates = true;
  readonly url: string;
  readonly #server: Server;
  readonly #keys = new Map<string, CryptoKey>();
  #held: Promise<void> | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(port = 0): Promise<FakeKms> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    return new FakeKms(server);
  }

  async stop(): Promise<void> {
    this.faults.stop();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** No request is answered until the returned function is called. */
  hang(): () => void {
    let letGo: () => void = () => undefined;
    this.#held = new Promise((resolve) => (letGo = resolve));
    return () => {
      this.#held = undefined;
      letGo();
    };
  }

  /** Gives the key's full name. */
  createKey(
    id = `key-${this.#keys.size + 1}`,
    {
      protection = 'SOFTWARE',
      purpose = 'ENCRYPT_DECRYPT',
    }: { protection?: ProtectionLevel; purpose?: string } = {},
  ): string {
    const name = `${RING}/cryptoKeys/${id}`;
    this.#keys.set(name, new CryptoKey(name, protection, purpose));
    return name;
  }

  key(name: string): CryptoKey {
    return this.#keys.get(name)!;
  }

  /** What the owner of the keys orders. */
  order(name: string, change: (key: CryptoKey) => void): void {
    const key = this.key(name);
    change(key);
    if (this.propagates) key.propagate();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await text(request).catch(() => '');
    const body = sent === '' ? {} : (JSON.parse(sent) as Record<string, unknown>);
    this.seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      port: request.socket.remotePort,
      headers: request.headers,
      body,
    });
    await this.#held;
    await this.faults.spoil(this.faults.take(), response, this.#reply(request, body));
  }

  #reply(
    { method = '', url = '', headers }: IncomingMessage,
    body: Readonly<Record<string, unknown>>,
  ): Reply {
    try {
      const [, token = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
      if (!this.takes(token)) throw unauthenticated();
      return { status: 200, body: this.#answer(method, url, body) };
    } catch (error) {
      if (error instanceof GoogleError) return error.reply;
      throw error;
    }
  }

  #answer(method: string, url: string, body: Readonly<Record<string, unknown>>): object {
    // The official client adds `$alt` as a query.
    const [, name = '', version, operation = 'get'] = PATH.exec(url.split('?')[0]!) ?? [];
    const permission = PERMISSIONS[operation];
    if (permission === undefined || method !== (operation === 'get' ? 'GET' : 'POST')) {
      throw new GoogleError('NOT_FOUND', 'Method not found.');
    }
    const key = this.#keys.get(name);
    if (this.denied.has(operation) || (!key && this.grantedOn === 'key'))
      throw permissionDenied(permission, name);
    if (!key) throw notFound(name);
    if (operation === 'encrypt')
      return encrypt(key, version === undefined ? undefined : Number(version), body);
    if (version !== undefined) throw badRequest('The name must be that of a CryptoKey.');
    return operation === 'decrypt' ? decrypt(key, body) : getCryptoKey(key);
  }
}

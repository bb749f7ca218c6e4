import { createVerify, generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface TokenAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/**
 * The services that give tokens, on loopback: the Security Token Service (RFC 8693 token exchange,
 * cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token) at `/v1/token`, and the metadata server of a machine
 * (cloud.google.com/compute/docs/metadata/predefined-metadata-keys) below `/computeMetadata/v1/`.
 */
export class FakeTokenServices {
  /** Tokens given, in their order. */
  readonly given: string[] = [];
  readonly seen: { readonly path: string; readonly form: Readonly<Record<string, string>> }[] = [];
  /** The federated token that is exchanged. */
  subjectToken = 'subject-token';
  expiresInSeconds = 3600;
  /** Instead of the answers to come, first in first out. `hang` never answers. */
  readonly instead: (TokenAnswer | 'hang')[] = [];
  readonly host: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeTokenServices> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return new FakeTokenServices(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    const path = (request.url ?? '').split('?')[0] ?? '';
    this.seen.push({ path, form });
    const instead = this.instead.shift();
    if (instead === 'hang') return;
    const { status, headers, body } = instead ?? this.#answer(path, request, form);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  }

  #answer(path: string, { headers }: IncomingMessage, form: Readonly<Record<string, string>>): TokenAnswer {
    const metadata = headers['metadata-flavor'] === 'Google' && path.startsWith('/computeMetadata/v1/');
    if (metadata && path.endsWith('/instance/service-accounts/default/token')) {
      return { status: 200, headers: { 'metadata-flavor': 'Google' }, body: this.#token() };
    }
    if (path === '/v1/token') {
      const exchange = form.grant_type === 'urn:ietf:params:oauth:grant-type:token-exchange';
      if (exchange && form.subject_token === this.subjectToken) {
        const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token';
        return { status: 200, body: { ...this.#token(), issued_token_type } };
      }
      return { status: 400, body: { error: 'invalid_grant', error_description: 'The subject is unknown.' } };
    }
    return { status: 404, body: { error: 'not_found' } };
  }

  #token(): object {
    const access_token = `fake-token-${this.given.length + 1}`;
    this.given.push(access_token);
    return { access_token, expires_in: this.expiresInSeconds, token_type: 'Bearer' };
  }
}

const EMAIL = 'kkp@kkp-test.iam.gserviceaccount.com';

/** A service account's key, and a check of the tokens that it signs by itself (https://google.aip.dev/auth/4111). */
export function makeServiceAccount(): { readonly file: object; verifies(token: string): boolean } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = {
    type: 'service_account',
    project_id: 'kkp-test',
    private_key_id: 'key-1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: EMAIL,
    token_uri: 'https://oauth2.googleapis.com/token',
  };
  const verifies = (token: string): boolean => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    return (
      createVerify('RSA-SHA256').update(`${header}.${payload}`).verify(publicKey, signature, 'base64url') &&
      claims.iss === EMAIL &&
      claims.sub === EMAIL &&
      claims.scope === 'https://www.googleapis.com/auth/cloudkms' &&
      Number(claims.exp) > Date.now() / 1000
    );
  };
  return { file, verifies };
}

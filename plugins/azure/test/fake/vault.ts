import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  accessDenied,
  badParameter,
  keyDisabled,
  keyExpired,
  keyNotFound,
  operationForbidden,
  ServiceError,
  unauthorized,
} from './errors.js';
import { Keys, type Version } from './keys.js';
import { run, type Fields } from './operations.js';

/** What goes wrong with the next answer. `delay` answers late, and rightly. */
export type Fault =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'error'; readonly error: ServiceError }
  | {
      readonly kind:
        | 'reset'
        | 'truncate'
        | 'half-json'
        | 'black-hole'
        | 'wrong-kid'
        | 'wrong-version'
        | 'no-value'
        | 'html';
    };

export interface Seen {
  readonly method: string;
  /** With query. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly clientRequestId: string | undefined;
  readonly body: string;
}

export const TOKEN = 'fake-access-token';
const RESOURCE = 'https://vault.azure.net';
const OPERATIONS: Readonly<Record<string, string>> = {
  wrapkey: 'wrapKey',
  unwrapkey: 'unwrapKey',
  encrypt: 'encrypt',
  decrypt: 'decrypt',
};
/** Refused on a disabled key; wrap and encrypt are not: Azure/azure-sdk-for-python#45342. */
const OPENING = ['unwrapkey', 'decrypt'];

/** Azure Key Vault at the level of the wire, on loopback. */
export class FakeVault {
  readonly keys = new Keys();
  /** Faults for the next answers, first in first out. Unauthorized probes take none. */
  readonly faults: Fault[] = [];
  readonly seen: Seen[] = [];
  /** Operations, in the path's spelling, that the caller may not do; `get` too. */
  readonly denied = new Set<string>();
  /** Tokens that are taken. */
  tokens = [TOKEN];
  resource = RESOURCE;
  readonly url: string;
  readonly #server: Server;
  #held: Promise<void> | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeVault> {
    // Longer than any pause of a busy machine: a client that sends on a connection just closed gets no answer at all.
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return new FakeVault(server);
  }

  async stop(): Promise<void> {
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

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => '');
    this.seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
      clientRequestId: request.headers['x-ms-client-request-id'] as string | undefined,
      body,
    });
    await this.#held;
    let fault: Fault | undefined;
    try {
      if (!this.tokens.some((token) => request.headers.authorization === `Bearer ${token}`)) {
        throw unauthorized(this.resource);
      }
      fault = this.faults.shift();
      if (fault?.kind === 'delay') await sleep(fault.ms);
      if (fault?.kind === 'error') throw fault.error;
      send(response, 200, JSON.stringify(this.#answer(request, body, fault)), {}, fault);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      send(response, error.status, error.body, error.headers, fault);
    }
  }

  #answer(request: IncomingMessage, body: string, fault: Fault | undefined): unknown {
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    if (!searchParams.has('api-version')) throw badParameter('The api-version query parameter is missing.');
    const { name, version, operation } = route(pathname);
    if (this.denied.has(operation)) throw accessDenied(OPERATIONS[operation] ?? operation);
    const key = this.keys.find(name, version);
    if (!key) throw keyNotFound(name);
    const kid = kidOf(request, name, key, fault);
    if (request.method === 'GET' && operation === 'get') return bundle(kid, key);
    if (request.method !== 'POST') throw new ServiceError(405, 'MethodNotAllowed', 'Not allowed.');
    checkState(operation, key);
    const answer = operate(operation, key, JSON.parse(body) as Record<string, string>);
    return { kid, ...answer, ...(fault?.kind === 'no-value' && { value: undefined }) };
  }
}

/** A vault is known by the host that its client asked for. */
function kidOf(
  { headers }: IncomingMessage,
  name: string,
  { version }: Version,
  fault: Fault | undefined,
): string {
  const told = fault?.kind === 'wrong-kid' ? 'other' : name;
  return `http://${headers.host}/keys/${told}/${fault?.kind === 'wrong-version' ? 'f'.repeat(32) : version}`;
}

/**
 * `/keys/{name}[/{version}[/{operation}]]`. The SDK leaves an empty version in the path, so that a slash is doubled or
 * trails, and writes operations in lower case: operations.js of @azure/keyvault-keys.
 */
function route(pathname: string): { name: string; version: string; operation: string } {
  const [, keys, name = '', second = '', third] = pathname.split('/');
  if (keys !== 'keys' || name === '') throw new ServiceError(404, 'NotFound', 'Not found.');
  if (third === undefined && second in OPERATIONS) return { name, version: '', operation: second };
  const operation = third ?? 'get';
  if (operation !== 'get' && !(operation in OPERATIONS))
    throw new ServiceError(404, 'NotFound', 'Not found.');
  return { name, version: second, operation };
}

/** An expired key, or one that is not valid yet, still opens: about-keys-details, "Date-time controlled operations". */
function checkState(operation: string, key: Version): void {
  const name = OPERATIONS[operation] ?? '';
  if (!key.keyOps.includes(name)) throw operationForbidden(name);
  const opening = OPENING.includes(operation);
  if (opening && !key.enabled) throw keyDisabled(name);
  const now = Date.now() / 1000;
  if (!opening && ((key.expires ?? now) < now || (key.notBefore ?? now) > now)) throw keyExpired(name);
}

function operate(operation: string, key: Version, request: Record<string, string>): object {
  const read = (name: string) =>
    request[name] === undefined ? undefined : Buffer.from(request[name], 'base64url');
  const [value, iv, tag, aad] = ['value', 'iv', 'tag', 'aad'].map(read);
  if (!value || value.length === 0) throw badParameter("Property 'value' is missing.");
  const fields: Fields = { value, ...(iv && { iv }), ...(tag && { tag }), ...(aad && { aad }) };
  const answer = run(operation, request.alg ?? '', key, fields);
  return Object.fromEntries(
    Object.entries(answer).map(([name, bytes]: [string, Buffer]) => [name, bytes.toString('base64url')]),
  );
}

/** GET works on a disabled key: notaryproject/ratify#1474. */
function bundle(kid: string, key: Version): object {
  const { keyType: kty, keyOps, enabled, notBefore: nbf, expires: exp, privateKey } = key;
  const material = kty.startsWith('RSA') ? privateKey?.export({ format: 'jwk' }) : undefined;
  return {
    key: { kid, kty, key_ops: keyOps, ...(material && { n: material.n, e: material.e }) },
    attributes: { enabled, nbf, exp, created: 1_700_000_000, updated: 1_700_000_000, recoverableDays: 90 },
    tags: {},
  };
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
  fault?: Fault,
): void {
  if (fault?.kind === 'black-hole') return;
  if (fault?.kind === 'reset') return void response.destroy();
  if (fault?.kind === 'half-json') body = body.slice(0, -10);
  const type = fault?.kind === 'html' ? 'text/html' : 'application/json; charset=utf-8';
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'x-ms-request-id': randomUUID(),
    'x-ms-keyvault-service-version': '1.9.0.0',
    ...headers,
  });
  if (fault?.kind === 'truncate') {
    response.write(body.slice(0, -10), () => response.destroy());
    return;
  }
  response.end(fault?.kind === 'html' ? '<html>'.padEnd(body.length) : body);
}

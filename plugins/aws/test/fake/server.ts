import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { send, type Fault } from './faults.js';
import { FakeKeys } from './keys.js';
import { KmsFailure, STATUS } from './kms-failure.js';
import { OPERATIONS } from './operations.js';

export const ACCOUNT = '111122223333';
export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI-EXAMPLEKEY' };
/** A session token that the fake takes for an expired one. */
export const EXPIRED_SESSION = 'expired-session-token';

export interface FakeRequest {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage['headers'];
}

/**
 * AWS KMS at the wire: AWS JSON 1.1 (smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html), `X-Amz-Target:
 * TrentService.<operation>`, SigV4. It checks that a request is signed for its Region and by whom, not the signature.
 */
export class FakeKms {
  readonly keys: FakeKeys;
  readonly requests: FakeRequest[] = [];
  /** The newest `x-amzn-requestid`. */
  requestId = '';
  readonly #region: string;
  readonly #faults: Fault[] = [];
  readonly #arrivals = new EventEmitter();
  readonly #server: Server;
  #hung: { readonly promise: Promise<void>; readonly letGo: () => void } | undefined;

  constructor(region = 'eu-west-1') {
    this.#region = region;
    this.keys = new FakeKeys(region, ACCOUNT);
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      void this.#handle(request, response).catch(() => response.destroy());
    });
  }

  async start(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Each fault is for one request, in this order. */
  fail(...faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  /** Forgets the requests, and faults that no request has met. */
  reset(): void {
    this.requests.length = 0;
    this.#faults.length = 0;
  }

  /** Resolves when the next request has come in. */
  async nextRequest(): Promise<void> {
    await once(this.#arrivals, 'request');
  }

  /** Answers nothing until the returned function is called. */
  hang(): () => void {
    let letGo = (): void => undefined;
    const hung = { promise: new Promise<void>((resolve) => (letGo = resolve)), letGo: () => letGo() };
    this.#hung = hung;
    return () => {
      if (this.#hung === hung) this.#hung = undefined;
      letGo();
    };
  }

  async stop(): Promise<void> {
    this.#hung?.letGo();
    const closed = once(this.#server.close(), 'close');
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await readText(request)) as Record<string, unknown>;
    const operation = /^TrentService\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1] ?? '';
    this.requests.push({ operation, body, headers: request.headers });
    this.#arrivals.emit('request');
    const fault = this.#faults.shift();
    await this.#hung?.promise;
    if (fault?.kind === 'delay') await sleep(fault.ms);
    this.requestId = randomUUID();
    response.setHeader('x-amzn-requestid', this.requestId);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (fault?.kind === 'answer') {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    const { status, answer } = this.#answer(operation, body, request, fault);
    response.statusCode = status;
    send(response, JSON.stringify(answer), fault?.kind);
  }

  #answer(operation: string, body: FakeRequest['body'], request: IncomingMessage, fault: Fault | undefined) {
    try {
      if (fault?.kind === 'failure') throw new KmsFailure(fault.type, fault.message);
      this.#authenticate(request.headers);
      const run = OPERATIONS[operation];
      if (!run) throw new KmsFailure('UnknownOperationException');
      const answer = run(this.keys, body);
      return { status: 200, answer: fault?.kind === 'edit' ? fault.edit({ ...answer }) : answer };
    } catch (error) {
      if (!(error instanceof KmsFailure)) throw error;
      return { status: STATUS[error.type], answer: error.body };
    }
  }

  /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
  #authenticate(headers: IncomingMessage['headers']): void {
    const { authorization = '', 'x-amz-date': date } = headers;
    const signed =
      /^AWS4-HMAC-SHA256 Credential=(\w+)\/\d{8}\/([\w-]+)\/kms\/aws4_request, SignedHeaders=([\w;-]+), Signature=[0-9a-f]{64}$/.exec(
        authorization,
      );
    if (!signed || date === undefined) throw new KmsFailure('MissingAuthenticationTokenException');
    if (signed[2] !== this.#region || !signed[3]!.includes('x-amz-target')) {
      throw new KmsFailure('InvalidSignatureException', 'Credential should be scoped to a valid region.');
    }
    if (signed[1] !== CREDENTIALS.accessKeyId) {
      throw new KmsFailure(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    }
    if (headers['x-amz-security-token'] === EXPIRED_SESSION) {
      throw new KmsFailure('ExpiredTokenException', 'The security token included in the request is expired');
    }
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

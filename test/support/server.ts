import { Writable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import memory from 'kkp-plugin-memory';
import type { KmsPlugin } from 'kkp-plugin-kit';
import { readSettings, type Settings } from '../../src/config/index.js';
import type { KkpModuleOptions } from '../../src/kkp.options.js';
import { createPino, createServer } from '../../src/server/index.js';

export interface TestServer {
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** Every line logged so far, parsed. */
  readonly logs: Record<string, unknown>[];
  close(): Promise<void>;
}

export interface TestServerOptions {
  readonly env?: Record<string, string>;
  readonly settings?: Partial<Settings>;
  readonly backends?: readonly KmsPlugin[];
  readonly overrides?: Partial<KkpModuleOptions>;
  /** Default: any that is free. */
  readonly port?: number;
}

export const emulations = (): KmsPlugin[] =>
  (['aws', 'gcp', 'azure'] as const).map((name) => memory({ name, emulates: name }));

/** The real server on a free loopback port. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { values, faults } = readSettings({ KKP_LISTEN_ADDR: '127.0.0.1:0', ...options.env });
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const logs: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logs.push(JSON.parse(chunk.toString('utf8')) as Record<string, unknown>);
      done();
    },
  });
  // All tests come from one network, and many try more bad credentials than one may send. Clients are in the process of their
  // server, so that it has no time for either while many begin.
  const settings = { ...values, refusedCredentials: 0, requestWait: 0, ...options.settings } as Settings;
  const app = await createServer(
    settings,
    options.backends ?? emulations(),
    createPino(settings.logLevel, destination),
    options.overrides,
  );
  await app.listen(options.port ?? 0, '127.0.0.1');
  return { url: await app.getUrl(), app, logs, close: () => app.close() };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look at whatever was answered
  readonly body: any;
}

export async function send(url: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const init = body === undefined ? {} : { headers: { 'content-type': 'application/json' } };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url + path, {
    method,
    ...init,
    ...(body === undefined ? {} : { body: text }),
  });
  const answer = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(answer) : answer };
}

export const post = (server: TestServer, path: string, body?: unknown): Promise<Answer> =>
  send(server.url, 'POST', path, body);

export const get = (server: TestServer, path: string): Promise<Answer> => send(server.url, 'GET', path);

export const GRANT = { subject: 'svc-billing', audience: 'reports', backend: 'aws', key_id: 'alias/orders' };

export async function issueToken(server: TestServer, request: object = {}): Promise<string> {
  const { body } = await post(server, '/token', { ...GRANT, ...request });
  return body.token as string;
}

export async function seal(server: TestServer, request: object = {}): Promise<Record<string, string>> {
  const { body } = await post(server, '/envelope/encrypt', {
    backend: 'aws',
    key_id: 'alias/orders',
    plaintext: 'attack at dawn',
    ...request,
  });
  return body.envelope as Record<string, string>;
}

/** What every problem document must be, whoever wrote it. */
export function expectProblem(answer: Answer, status: number, error: string): void {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(Object.keys(answer.body as object).sort()).toEqual(
    ['detail', 'error', 'instance', 'message', 'status', 'title', 'type'].sort(),
  );
  expect(answer.body).toMatchObject({ status, error, message: answer.body.detail });
  expect(answer.status).toBe(status);
}

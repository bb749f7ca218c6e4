import { KkpApiError, KkpClient, KkpProtocolError } from '../src/index.js';
import { caught } from './support/caught.js';
import { type TestServer, json, problem, startServer } from './support/server.js';
import { ENVELOPE } from './support/streams.js';
import { CLAIMS } from './support/tokens.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };
const OPEN = { token: 'a.b.c', envelope: ENVELOPE };
const SECRET = 'SECRET-TEXT';
const SEALED = { status: 200, body: { envelope: ENVELOPE } };
const NO = {
  type: 'urn:kkp:error:policy_denied',
  title: 'x',
  status: 403,
  detail: 'No.',
  error: 'policy_denied',
  message: 'No.',
};
const DENIED = { status: 403, body: NO };
const BUSY = { ...DENIED, status: 429, body: { ...NO, error: 'kms_error' }, retry_after_seconds: 3 };

let server: TestServer;
let client: KkpClient;

beforeEach(async () => {
  server = await startServer();
  client = new KkpClient({ baseUrl: server.url });
});
afterEach(() => server.close());

describe('a batch', () => {
  it('encrypts each item, text and bytes', async () => {
    server.answer = json({ results: [SEALED, SEALED], later_member: 1 });
    const results = await client.encryptBatch([
      { ...KEY, plaintext: 'x', associated_data: 'order 7' },
      { ...KEY, plaintext: Uint8Array.of(0xff) },
    ]);
    expect(results).toEqual([{ envelope: ENVELOPE }, { envelope: ENVELOPE }]);
    const items = [
      { ...KEY, plaintext: 'x', associated_data: 'order 7' },
      { ...KEY, plaintext_base64: '_w' },
    ];
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/envelope/encrypt/batch' }]);
    expect(server.seen[0]!.body).toEqual({ items });
  });

  it('decrypts each item in its own encoding', async () => {
    const bodies = [{ plaintext: 'x' }, { plaintext_base64: '_w' }];
    server.answer = json({
      results: bodies.map((body) => ({ status: 200, body: { ...body, claims: CLAIMS } })),
    });
    const requests = [OPEN, { ...OPEN, encoding: 'base64' as const }];
    const results = await client.decryptBatch(requests);
    expect(results).toEqual([
      { plaintext: 'x', claims: CLAIMS },
      { plaintext: Uint8Array.of(0xff), claims: CLAIMS },
    ]);
    expect(server.seen).toMatchObject([{ url: '/envelope/decrypt/batch', body: { items: requests } }]);
  });

  it('rewraps each item', async () => {
    server.answer = json({ results: [SEALED] });
    const requests = [{ envelope: ENVELOPE, key_id: 'other' }];
    expect(await client.rewrapBatch(requests)).toEqual([{ envelope: ENVELOPE }]);
    expect(server.seen).toMatchObject([{ url: '/envelope/rewrap/batch', body: { items: requests } }]);
  });

  it('makes data keys, each as long as asked for and with its plaintext unless it is not wanted', async () => {
    const plaintext_base64 = Buffer.alloc(16, 7).toString('base64url');
    server.answer = json({
      results: [{ status: 200, body: { envelope: ENVELOPE, plaintext_base64 } }, SEALED],
    });
    const requests = [
      { ...KEY, bytes: 16 as const },
      { ...KEY, include_plaintext: false },
    ];
    const plaintext = new Uint8Array(16).fill(7);
    expect(await client.createDataKeyBatch(requests)).toEqual([
      { envelope: ENVELOPE, plaintext },
      { envelope: ENVELOPE },
    ]);
    expect(server.seen).toMatchObject([{ url: '/datakey/batch', body: { items: requests } }]);
  });

  it('has an error in the place of an item that failed', async () => {
    server.answer = json({ results: [SEALED, DENIED, BUSY] });
    const results = await client.rewrapBatch([1, 2, 3].map(() => ({ envelope: ENVELOPE })));
    expect(results[0]).toEqual({ envelope: ENVELOPE });
    expect(results[1]).toBeInstanceOf(KkpApiError);
    expect(results[1]).toMatchObject({
      code: 'policy_denied',
      status: 403,
      message: 'No.',
      instance: undefined,
    });
    expect(results[1]).toMatchObject({ retryAfterSeconds: undefined });
    expect(results[2]).toMatchObject({ code: 'kms_error', status: 429, retryAfterSeconds: 3 });
  });

  it('gives a code that this SDK does not know as unknown_error', async () => {
    server.answer = json({ results: [{ status: 418, body: { ...NO, error: 'teapot' } }] });
    const [result] = await client.rewrapBatch([{ envelope: ENVELOPE }]);
    expect(result).toMatchObject({ code: 'unknown_error', status: 418, message: 'No.' });
  });

  it('is refused as a whole by the server', async () => {
    server.answer = problem(400, 'invalid_request');
    expect(await caught(client.rewrapBatch([]))).toMatchObject({ code: 'invalid_request', status: 400 });
  });
});

describe('an answer to a batch', () => {
  const opened = { plaintext: SECRET, claims: CLAIMS };
  it.each<[string, unknown]>([
    ['no results', {}],
    ['results that are an object', { results: { 0: SEALED } }],
    ['too few results', { results: [] }],
    [
      'too many results',
      {
        results: [
          { status: 200, body: opened },
          { status: 200, body: opened },
        ],
      },
    ],
    ['a result that is null', { results: [null] }],
    ['a result without body', { results: [{ status: 200 }] }],
    ['a result without status', { results: [{ body: opened }] }],
    ['a status as text', { results: [{ status: '200', body: opened }] }],
    ['another good status', { results: [{ status: 201, body: opened }] }],
    ['a redirect', { results: [{ ...DENIED, status: 302 }] }],
    ['a status beyond errors', { results: [{ ...DENIED, status: 600 }] }],
    ['a status that is not whole', { results: [{ ...DENIED, status: 400.5 }] }],
    ['an error without code', { results: [{ status: 403, body: { message: SECRET } }] }],
    ['an error without message', { results: [{ status: 403, body: { error: 'policy_denied' } }] }],
    ['a time to wait that is text', { results: [{ ...BUSY, retry_after_seconds: '3' }] }],
    ['a time to wait below zero', { results: [{ ...BUSY, retry_after_seconds: -1 }] }],
    ['the result of another route', { results: [SEALED] }],
    [
      'bytes where text was asked for',
      { results: [{ status: 200, body: { plaintext_base64: 'AA', claims: CLAIMS } }] },
    ],
    ['a result without claims', { results: [{ status: 200, body: { plaintext: SECRET } }] }],
  ])('with %s is refused whole, and shown nowhere', async (_, body) => {
    server.answer = json(body);
    const error = await caught(client.decryptBatch([OPEN]));
    expect(error).toBeInstanceOf(KkpProtocolError);
    expect(String(error)).not.toContain(SECRET);
  });
});
